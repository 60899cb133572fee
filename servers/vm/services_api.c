#include <string.h>

#include "api.h"
#include "manifest_reader.h"
#include "service.h"
#include "supervise.h"
#include "task.h"

STATIC_ASSERT(SERVICES_NAME_LEN == MANIFEST_NAME_LEN, "names of services fit");

static bool is_running(unsigned server) {
    for (size_t slot = 1; slot <= task_num_slots(); slot++) {
        const struct task *task = task_in_slot(slot);
        if (task && task->life == LIFE_RUNS && task->server == server) {
            return true;
        }
    }
    return false;
}

/// Whether one of those that provide the service, and that `from` may call, may come to serve it by itself.
static bool is_expected(unsigned from, unsigned number) {
    for (unsigned i = 0; i < manifest_num_servers(); i++) {
        if (manifest_provides(i, number) && manifest_may_call(from, i)
            && (is_running(i) || supervise_is_coming(i))) {
            return true;
        }
    }
    return false;
}

static error_t find(task_t client, struct services_find_fields *request,
                    struct services_find_reply_fields *reply) {
    const struct task *task = task_find(client);
    int number = manifest_find_service(request->name);
    if (!task || number < 0) {
        return task ? ERR_NOT_FOUND : ERR_INVALID_TASK;
    }
    reply->task = service_server((unsigned) number, task->server);
    reply->expected = is_expected(task->server, (unsigned) number);
    return OK;
}

static error_t service(task_t client, struct services_service_fields *request,
                       struct services_service_reply_fields *reply) {
    const struct task *task = task_find(client);
    unsigned index = request->index;
    for (unsigned i = 0; task && i < manifest_num_services(); i++) {
        const char *name = manifest_service_name(i);
        // A name that several servers provide is one service.
        if (manifest_find_service(name) != (int) i || index-- > 0) {
            continue;
        }
        reply->task = service_server(i, task->server);
        reply->expected = is_expected(task->server, i);
        strncpy2(reply->name, name, sizeof(reply->name));
        return OK;
    }
    return ERR_END;
}

const struct services_ops services_api = {
    .find = find,
    .service = service,
};
