#include "subscribers.h"

#include <resea/ipc.h>
#include <string.h>

struct change {
    uint32_t time_ms;
    uint8_t button;
    bool pressed;
};

struct subscriber {
    task_t task;    ///< 0: nobody.
    uint32_t next;  ///< Number of the change that it gets next.
    uint32_t told;  ///< Number of the change up to which it knows how many it has lost.
};

static struct subscriber subscribers[SUBSCRIBERS_MAX];
/// Change number n is at n % CHANGES_MAX.
static struct change changes[CHANGES_MAX];
static uint32_t num_changes;

static struct subscriber *find(task_t task) {
    for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
        if (subscribers[i].task == task) {
            return &subscribers[i];
        }
    }
    return NULL;
}

void subscribers_init(void) {
    bzero(subscribers, sizeof(subscribers));
    num_changes = 0;
}

bool subscribers_is_empty(void) {
    for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
        if (subscribers[i].task != 0) {
            return false;
        }
    }
    return true;
}

bool subscribers_contain(task_t task) {
    return find(task) != NULL;
}

error_t subscribers_add(task_t task) {
    if (find(task) != NULL) {
        return OK;
    }

    struct subscriber *subscriber = find(0);
    if (subscriber == NULL) {
        return ERR_NO_MEMORY;
    }
    *subscriber = (struct subscriber){.task = task, .next = num_changes, .told = num_changes};
    return OK;
}

error_t subscribers_remove(task_t task) {
    struct subscriber *subscriber = find(task);
    if (subscriber == NULL) {
        return ERR_NOT_FOUND;
    }
    subscriber->task = 0;
    return OK;
}

void subscribers_tell(unsigned button, bool pressed, uint32_t time_ms) {
    changes[num_changes % CHANGES_MAX] =
        (struct change){.time_ms = time_ms, .button = (uint8_t) button, .pressed = pressed};
    num_changes++;
    for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
        struct subscriber *subscriber = &subscribers[i];
        if (subscriber->task != 0 && IS_ERROR(ipc_notify(subscriber->task, NOTIFY_ASYNC))) {
            subscriber->task = 0;
        }
    }
}

error_t subscribers_next(task_t task, struct message *m) {
    struct subscriber *subscriber = find(task);
    if (subscriber == NULL || subscriber->next == num_changes) {
        return ERR_EMPTY;
    }

    if (num_changes - subscriber->next > CHANGES_MAX) {
        subscriber->next = num_changes - CHANGES_MAX;
    }
    const struct change *change = &changes[subscriber->next % CHANGES_MAX];
    bzero(m, sizeof(*m));
    m->type = BUTTON_CHANGED_MSG;
    m->button_changed.button = change->button;
    m->button_changed.pressed = change->pressed;
    m->button_changed.time_ms = change->time_ms;
    m->button_changed.lost = subscriber->next - subscriber->told;
    subscriber->next++;
    subscriber->told = subscriber->next;
    return OK;
}
