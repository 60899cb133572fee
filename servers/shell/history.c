#include "history.h"

#include <string.h>

const char *history_get(const struct history *history, unsigned age) {
    if (age == 0 || age > history->added || age > HISTORY_LEN) {
        return NULL;
    }

    return history->lines[(history->added - age) % HISTORY_LEN];
}

void history_add(struct history *history, const char *line) {
    const char *last = history_get(history, 1);
    if (*line == '\0' || (last != NULL && strcmp(line, last) == 0)) {
        return;
    }

    char *slot = history->lines[history->added % HISTORY_LEN];
    size_t len = MIN(strlen(line), (size_t) LINE_LEN - 1);
    memcpy(slot, line, len);
    slot[len] = '\0';
    history->added++;
}
