#include "ool.h"

#include <list.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/sys_ipc.h>
#include <string.h>

/// The messages for one task. There is a queue as long as there are messages in it.
struct queue {
    list_elem_t next;
    task_t dst;
    int len;
    list_t entries;
};

/// A queued message: its header and as much of the rest as its type says, and a copy of its
/// out-of-line payload.
struct entry {
    list_elem_t next;
    void *payload;  ///< NULL if there is none.
    size_t len;
    uint8_t message[];
};

static list_t queues = {&queues, &queues};

static struct queue *find_queue(task_t dst) {
    LIST_FOR_EACH (queue, &queues, struct queue, next) {
        if (queue->dst == dst) {
            return queue;
        }
    }
    return NULL;
}

static struct queue *find_or_create_queue(task_t dst) {
    struct queue *queue = find_queue(dst);
    if (queue != NULL) {
        return queue;
    }

    queue = malloc(sizeof(*queue));
    if (queue == NULL) {
        return NULL;
    }

    queue->dst = dst;
    queue->len = 0;
    list_init(&queue->entries);
    list_nullify(&queue->next);
    list_push_back(&queues, &queue->next);
    return queue;
}

static void load_entry(const struct entry *entry, struct message *m) {
    bzero(m, sizeof(*m));
    memcpy(m, entry->message, entry->len);
    if (ool_is_present(m)) {
        m->ool_ptr = entry->payload;
    }
}

static void remove_entry(struct queue *queue, struct entry *entry) {
    list_remove(&entry->next);
    queue->len--;
    free(entry->payload);
    free(entry);
}

static void free_queue(struct queue *queue) {
    LIST_FOR_EACH (entry, &queue->entries, struct entry, next) {
        remove_entry(queue, entry);
    }
    list_remove(&queue->next);
    free(queue);
}

static error_t copy_payload(struct entry *entry, const struct message *m) {
    entry->payload = NULL;
    if (!ool_is_present(m) || m->ool_len == 0) {
        return OK;
    }

    entry->payload = malloc(m->ool_len);
    if (entry->payload == NULL) {
        return ERR_NO_MEMORY;
    }
    memcpy(entry->payload, m->ool_ptr, m->ool_len);
    return OK;
}

static struct entry *create_entry(const struct message *m) {
    size_t rest = MSG_LEN(m->type);
    if (ool_is_present(m)) {
        rest = MAX(rest, sizeof(m->ool_ptr) + sizeof(m->ool_len));
    }

    size_t len = MESSAGE_HEADER_SIZE + rest;
    struct entry *entry = malloc(sizeof(*entry) + len);
    if (entry == NULL) {
        return NULL;
    }
    if (IS_ERROR(copy_payload(entry, m))) {
        free(entry);
        return NULL;
    }

    list_nullify(&entry->next);
    entry->len = len;
    memcpy(entry->message, m, len);
    return entry;
}

static error_t enqueue(struct queue *queue, struct message *m) {
    if (queue->len >= ASYNC_QUEUE_MAX) {
        return ERR_NO_MEMORY;
    }

    error_t err = ool_prepare_send(m);
    if (IS_ERROR(err)) {
        return err;
    }

    struct entry *entry = create_entry(m);
    if (entry == NULL) {
        return ERR_NO_MEMORY;
    }
    list_push_back(&queue->entries, &entry->next);
    queue->len++;
    return OK;
}

error_t async_send(task_t dst, struct message *m) {
    // Pages can't be lent until somebody comes for them.
    if (m->type > 0 && (m->type & MSG_LOAN)) {
        return ERR_INVALID_ARG;
    }

    struct queue *queue = find_or_create_queue(dst);
    if (queue == NULL) {
        return ERR_NO_MEMORY;
    }

    error_t err = enqueue(queue, m);
    if (queue->len == 0) {
        free_queue(queue);
        return err;
    }

    // Even if the queue is full: that dst is gone may be why.
    error_t notify_err = ipc_notify(dst, NOTIFY_ASYNC);
    if (IS_ERROR(notify_err)) {
        // Nobody will ever pull them.
        free_queue(queue);
        return notify_err;
    }
    return err;
}

error_t async_recv(task_t src, struct message *m) {
    m->type = ASYNC_MSG;
    return ipc_call(src, m);
}

error_t async_reply(task_t dst) {
    struct queue *queue = find_queue(dst);
    if (queue == NULL) {
        ipc_reply_err(dst, ERR_EMPTY);
        return ERR_EMPTY;
    }

    struct message m;
    struct entry *entry = LIST_FRONT(&queue->entries, struct entry, next);
    load_entry(entry, &m);
    error_t err = sys_ipc(dst, &m, IPC_SEND | IPC_REPLY, NULL);
    switch (err) {
    case ERR_WOULD_BLOCK:
        return err;
    case ERR_INVALID_TASK:
        free_queue(queue);
        return err;
    case ERR_TOO_LARGE:
        // It would be too large the next time, too, and hold up those behind it.
        ipc_reply_err(dst, err);
        break;
    default:
        break;
    }

    remove_entry(queue, entry);
    if (queue->len > 0) {
        error_t notify_err = ipc_notify(dst, NOTIFY_ASYNC);
        return IS_ERROR(err) ? err : notify_err;
    }
    free_queue(queue);
    return err;
}

bool async_is_empty(task_t dst) {
    return find_queue(dst) == NULL;
}
