#include <idl_server.h>
#include <kvstore.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "flash.h"

STATIC_ASSERT(KVSTORE_KEY_MAX == KVS_KEY_LEN - 1, "the interface has such keys");
STATIC_ASSERT(KVSTORE_VALUE_MAX == KVS_VALUE_MAX, "the interface has such values");

static struct kvstore store;

/// The length of a key, without its padding; 0, which is no key's, if it isn't terminated.
static size_t key_len(const char *key) {
    size_t len = strnlen(key, KVS_KEY_LEN);
    return (len < KVS_KEY_LEN) ? len : 0;
}

static error_t get(task_t client __unused, struct kvs_get_fields *request,
                   struct kvs_get_reply_fields *reply) {
    // The reply's payload is copied straight from the flash.
    return kvstore_get(&store, request->key, key_len(request->key), &reply->value,
                       &reply->value_len);
}

static error_t set(task_t client __unused, struct kvs_set_fields *request) {
    return kvstore_set(&store, request->key, key_len(request->key), request->value,
                       request->value_len);
}

static error_t delete (task_t client __unused, struct kvs_delete_fields *request) {
    return kvstore_delete(&store, request->key, key_len(request->key));
}

static error_t key(task_t client __unused, struct kvs_key_fields *request,
                   struct kvs_key_reply_fields *reply) {
    size_t value_len = 0;
    error_t err = kvstore_key(&store, request->index, reply->key, &value_len);
    reply->value_len = (uint32_t) value_len;
    return err;
}

static error_t info(task_t client __unused, struct kvs_info_reply_fields *reply) {
    struct kvstore_info info;
    kvstore_info(&store, &info);
    reply->num_keys = info.num_keys;
    reply->used_bytes = info.used;
    reply->free_bytes = info.free;
    reply->erases_max = info.erases_max;
    reply->num_damaged = info.num_damaged;
    return OK;
}

static const struct kvs_ops ops = {
    .get = get,
    .set = set,
    .delete = delete,
    .key = key,
    .info = info,
};

// Apart from main, so that the start has the stack without this frame.
static __noinline void serve(void) {
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (!kvs_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}

void main(void) {
    struct kvstore_flash flash;
    ASSERT_OK(flash_init(&flash));
    ASSERT_OK(kvstore_mount(&store, &flash));
    if (store.num_damaged > 0) {
        WARN("%u damaged records", (unsigned) store.num_damaged);
    }
    ASSERT_OK(ipc_serve("kvs"));
    serve();
}
