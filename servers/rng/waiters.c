#include "waiters.h"

static struct {
    task_t client;
    size_t len;
} waiters[WAITERS_MAX];
static unsigned first, count;

error_t waiters_add(task_t client, size_t len) {
    // Who asks again doesn't wait for the old answer any more.
    for (unsigned i = 0; i < count; i++) {
        if (waiters[(first + i) % WAITERS_MAX].client == client) {
            waiters[(first + i) % WAITERS_MAX].len = len;
            return OK;
        }
    }
    if (count == WAITERS_MAX) {
        return ERR_TRY_AGAIN;
    }
    waiters[(first + count) % WAITERS_MAX].client = client;
    waiters[(first + count) % WAITERS_MAX].len = len;
    count++;
    return OK;
}

bool waiters_take(task_t *client, size_t *len) {
    if (count == 0) {
        return false;
    }
    *client = waiters[first].client;
    *len = waiters[first].len;
    first = (first + 1) % WAITERS_MAX;
    count--;
    return true;
}
