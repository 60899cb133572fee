#include <idl_client.h>
#include <resea/handle.h>

error_t handle_give(task_t client, void *data, handle_t *handle) {
    *handle = handle_alloc(client);
    error_t err = *handle;
    if (IS_OK(err)) {
        err = handle_set(client, *handle, data);
    }
    // Whoever is gone must not keep anything.
    if (IS_OK(err)) {
        err = call_task_watch(INIT_TASK, client);
    }
    if (IS_ERROR(err)) {
        handle_free(client, *handle);
        return err;
    }
    return OK;
}
