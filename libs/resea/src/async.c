#include "ool.h"

#include <list.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/syscall.h>
#include <string.h>

/// The messages for one task. There is a queue as long as there are messages in it.
struct queue {
    list_elem_t next;
    task_t dst;
    int len;
    list_t entries;
};

/// A queued message: its header and as much of its payload as its type says.
struct entry {
    list_elem_t next;
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
}

static void free_entry(struct entry *entry) {
    struct message m;
    load_entry(entry, &m);
    if (ool_is_present(&m)) {
        free(m.ool_ptr);
    }
    free(entry);
}

static void pop_entry(struct queue *queue) {
    free_entry(LIST_POP_FRONT(&queue->entries, struct entry, next));
    queue->len--;
}

static void free_queue(struct queue *queue) {
    while (!list_is_empty(&queue->entries)) {
        pop_entry(queue);
    }
    list_remove(&queue->next);
    free(queue);
}

static void free_queue_if_empty(struct queue *queue) {
    if (queue->len == 0) {
        free_queue(queue);
    }
}

/// Replaces the payload by a copy of it.
static error_t copy_payload(struct message *m) {
    error_t err = ool_prepare_send(m);
    if (IS_ERROR(err) || !ool_is_present(m) || m->ool_len == 0) {
        return err;
    }

    void *copy = malloc(m->ool_len);
    if (copy == NULL) {
        return ERR_NO_MEMORY;
    }
    memcpy(copy, m->ool_ptr, m->ool_len);
    m->ool_ptr = copy;
    return OK;
}

static struct entry *create_entry(const struct message *m) {
    size_t payload = MSG_LEN(m->type);
    if (ool_is_present(m)) {
        payload = MAX(payload, sizeof(m->ool_ptr) + sizeof(m->ool_len));
    }

    size_t len = MESSAGE_HEADER_SIZE + payload;
    struct entry *entry = malloc(sizeof(*entry) + len);
    if (entry == NULL) {
        return NULL;
    }

    list_nullify(&entry->next);
    entry->len = len;
    memcpy(entry->message, m, len);
    return entry;
}

static error_t enqueue(struct queue *queue, const struct message *m) {
    if (queue->len >= ASYNC_QUEUE_MAX) {
        return ERR_NO_MEMORY;
    }

    struct message copy;
    memcpy(&copy, m, sizeof(copy));
    error_t err = copy_payload(&copy);
    if (IS_ERROR(err)) {
        return err;
    }

    struct entry *entry = create_entry(&copy);
    if (entry == NULL) {
        if (ool_is_present(&copy) && copy.ool_len > 0) {
            free(copy.ool_ptr);
        }
        return ERR_NO_MEMORY;
    }

    list_push_back(&queue->entries, &entry->next);
    queue->len++;
    return OK;
}

error_t async_send(task_t dst, struct message *m) {
    struct queue *queue = find_or_create_queue(dst);
    if (queue == NULL) {
        return ERR_NO_MEMORY;
    }

    error_t err = enqueue(queue, m);
    if (IS_ERROR(err)) {
        free_queue_if_empty(queue);
        return err;
    }

    err = ipc_notify(dst, NOTIFY_ASYNC);
    if (IS_ERROR(err)) {
        // Nobody will ever pull them.
        free_queue(queue);
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
    load_entry(LIST_FRONT(&queue->entries, struct entry, next), &m);
    error_t err = sys_ipc(dst, 0, &m, IPC_SEND | IPC_REPLY, NULL, 0);
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

    pop_entry(queue);
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
