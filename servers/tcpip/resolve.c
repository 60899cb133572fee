#include "resolve.h"

#include <inet/netif.h>
#include <list.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <string.h>

#include "client.h"

/// Who waits for a host's addresses.
struct lookup {
    list_elem_t next;
    task_t task;
    bool v4;          ///< tcpip.dns_resolve.
    unsigned number;  ///< For dns_cancel.
};

static list_t lookups = {&lookups, &lookups};

static error_t fill_addresses(struct message *m, const struct ip_addr *addrs, unsigned count) {
    m->type = SOCKET_RESOLVE_REPLY_MSG;
    m->socket_resolve_reply.addrs = addrs;
    m->socket_resolve_reply.addrs_len = MIN(count, SOCKET_ADDRESSES_MAX) * sizeof(*addrs);
    return (count > 0) ? OK : ERR_NOT_FOUND;
}

static error_t fill_v4(struct message *m, const struct ip_addr *addrs, unsigned count) {
    m->type = TCPIP_DNS_RESOLVE_REPLY_MSG;
    for (unsigned i = 0; i < count; i++) {
        if (ip_addr_is_v4(&addrs[i])) {
            m->tcpip_dns_resolve_reply.addr = ip_addr_v4(&addrs[i]);
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

static void done(void *user, error_t err, const struct ip_addr *addrs, unsigned count) {
    struct lookup *lookup = user;
    struct message m;
    bzero(&m, sizeof(m));
    if (IS_OK(err)) {
        err = lookup->v4 ? fill_v4(&m, addrs, count) : fill_addresses(&m, addrs, count);
    }
    if (IS_ERROR(err)) {
        ipc_reply_err(lookup->task, err);
    } else {
        ipc_reply(lookup->task, &m);
    }
    list_remove(&lookup->next);
    free(lookup);
}

static error_t begin(task_t task, const char *hostname, bool v4) {
    // Without it, nobody would tell when the task ends.
    if (client_get(task) == NULL) {
        return ERR_NO_MEMORY;
    }
    struct lookup *lookup = malloc(sizeof(*lookup));
    if (lookup == NULL) {
        return ERR_NO_MEMORY;
    }
    *lookup = (struct lookup){.task = task, .v4 = v4};
    list_push_back(&lookups, &lookup->next);
    unsigned number = dns_resolve(hostname, done, lookup);
    // 0: it is answered, and gone.
    if (number != 0) {
        lookup->number = number;
    }
    return DONT_REPLY;
}

error_t resolve_hostname(task_t client, struct socket_resolve_fields *request,
                         struct socket_resolve_reply_fields *reply __unused) {
    return begin(client, request->hostname, false);
}

error_t resolve_hostname_v4(task_t client, struct tcpip_dns_resolve_fields *request,
                            struct tcpip_dns_resolve_reply_fields *reply __unused) {
    return begin(client, request->hostname, true);
}

void resolve_forget(task_t task) {
    LIST_FOR_EACH (lookup, &lookups, struct lookup, next) {
        if (lookup->task == task) {
            dns_cancel(lookup->number);
            list_remove(&lookup->next);
            free(lookup);
        }
    }
}
