#include "suggest.h"

#include <string.h>

#define MAX_LEN (SUGGEST_NAME_LEN - 1)

/// How many characters must be inserted, deleted, replaced, or swapped with the next one to turn one
/// string into the other: row[j] tells it of the first i characters of `a`, for the current i, and j
/// characters of `b`. Two rows before the current one are all that is needed.
static unsigned edit_distance(const char *a, const char *b) {
    uint8_t rows[3][MAX_LEN + 1];
    size_t a_len = MIN(strlen(a), (size_t) MAX_LEN);
    size_t b_len = MIN(strlen(b), (size_t) MAX_LEN);
    for (size_t i = 0; i <= a_len; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *last = rows[(i + 2) % 3], *last_but_one = rows[(i + 1) % 3];
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                row[j] = (uint8_t) (i + j);
                continue;
            }

            bool differs = a[i - 1] != b[j - 1];
            int best = MIN(last[j - 1] + differs, MIN(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = MIN(best, last_but_one[j - 2] + 1);
            }

            row[j] = (uint8_t) best;
        }
    }

    return rows[a_len % 3][b_len];
}

void suggest_init(struct suggestion *suggestion, const char *wanted) {
    suggestion->wanted = wanted;
    suggestion->best[0] = '\0';
    suggestion->distance = SUGGEST_MAX_DISTANCE + 1;
}

void suggest_offer(struct suggestion *suggestion, const char *name) {
    unsigned distance = edit_distance(suggestion->wanted, name);
    // Of a short name, little is left after two changes: anything would be close to it.
    bool close = distance < strlen(suggestion->wanted);
    if (close && distance < suggestion->distance) {
        strncpy2(suggestion->best, name, sizeof(suggestion->best));
        suggestion->distance = distance;
    }
}
