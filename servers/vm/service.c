#include "service.h"

#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "manifest_reader.h"
#include "own.h"
#include "supervise.h"

struct service {
    task_t server;   // 0: nobody serves it now.
    list_t waiters;  // struct task
};

/// By the numbers that manifest_find_service returns.
static struct service *services;

error_t service_init(void) {
    services = own_alloc((manifest_num_services() + 1) * sizeof(*services));
    if (!services) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < manifest_num_services(); i++) {
        list_init(&services[i].waiters);
    }
    return OK;
}

static void answer(struct task *waiter, task_t server) {
    list_remove(&waiter->waits);
    struct message m;
    bzero(&m, sizeof(m));
    m.type = DISCOVERY_LOOKUP_REPLY_MSG;
    m.discovery_lookup_reply.task = server;
    ipc_reply(waiter->tid, &m);
}

error_t service_serve(struct task *task, const char *name) {
    int number = manifest_find_service(name);
    if (number < 0 || !manifest_provides(task->server, (unsigned) number)) {
        WARN("%s may not serve \"%s\": add it to the `provides` of [server.%s] in the manifest",
             task->name, name, manifest_server(task->server)->name);
        return ERR_NOT_PERMITTED;
    }

    struct service *service = &services[number];
    if (service->server && service->server != task->tid) {
        return ERR_ALREADY_EXISTS;
    }

    service->server = task->tid;
    LIST_FOR_EACH (waiter, &service->waiters, struct task, waits) {
        if (manifest_may_call(waiter->server, task->server)) {
            answer(waiter, task->tid);
        }
    }
    return OK;
}

/// What becomes of a lookup for a service that no task serves which `server` may call.
static error_t check_providers(unsigned server, unsigned number) {
    error_t err = ERR_NOT_PERMITTED;
    for (unsigned i = 0; i < manifest_num_servers(); i++) {
        if (!manifest_provides(i, number) || !manifest_may_call(server, i)) {
            continue;
        }
        if (!supervise_has_given_up(i)) {
            return DONT_REPLY;
        }
        err = ERR_UNAVAILABLE;
    }
    return err;
}

error_t service_lookup(struct task *task, const char *name, task_t *server) {
    int number = manifest_find_service(name);
    if (number < 0) {
        return ERR_NOT_FOUND;
    }

    struct service *service = &services[number];
    const struct task *current = task_find(service->server);
    if (current && manifest_may_call(task->server, current->server)) {
        *server = current->tid;
        return OK;
    }

    error_t err = check_providers(task->server, (unsigned) number);
    if (err == DONT_REPLY) {
        // A task waits for one service at a time. One that asks again didn't wait for the answer.
        if (list_is_linked(&task->waits)) {
            list_remove(&task->waits);
        }
        list_push_back(&service->waiters, &task->waits);
    }
    if (err == ERR_NOT_PERMITTED) {
        WARN("%s may not look up \"%s\": add its server to the `may_call` of [server.%s] in the "
             "manifest",
             task->name, name, manifest_server(task->server)->name);
    }
    return err;
}

task_t service_server(unsigned number, unsigned from) {
    const struct task *current = task_find(services[number].server);
    return (current && manifest_may_call(from, current->server)) ? current->tid : 0;
}

void service_forget_task(struct task *task) {
    if (list_is_linked(&task->waits)) {
        list_remove(&task->waits);
    }
    for (size_t i = 0; i < manifest_num_services(); i++) {
        if (services[i].server == task->tid) {
            services[i].server = 0;
        }
    }
}

void service_give_up(void) {
    for (size_t i = 0; i < manifest_num_services(); i++) {
        LIST_FOR_EACH (waiter, &services[i].waiters, struct task, waits) {
            error_t err = check_providers(waiter->server, i);
            if (err != DONT_REPLY) {
                list_remove(&waiter->waits);
                ipc_reply_err(waiter->tid, err);
            }
        }
    }
}
