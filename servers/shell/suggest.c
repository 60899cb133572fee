#include "suggest.h"

#include <string.h>

/// Longer names are compared up to here.
#define MAX_LEN 32

/// How many characters must be inserted, deleted, replaced, or swapped with the next one to turn one
/// string into the other: table[i][j] tells it of the first i and j characters.
static unsigned edit_distance(const char *a, const char *b) {
    uint8_t table[MAX_LEN + 1][MAX_LEN + 1];
    size_t a_len = MIN(strlen(a), (size_t) MAX_LEN);
    size_t b_len = MIN(strlen(b), (size_t) MAX_LEN);
    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = (uint8_t) (i + j);
                continue;
            }

            bool differs = a[i - 1] != b[j - 1];
            int replaced = table[i - 1][j - 1] + differs;
            int inserted = MIN(table[i - 1][j], table[i][j - 1]) + 1;
            int best = MIN(replaced, inserted);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = MIN(best, table[i - 2][j - 2] + 1);
            }

            table[i][j] = (uint8_t) best;
        }
    }

    return table[a_len][b_len];
}

void suggest_init(struct suggestion *suggestion, const char *wanted) {
    suggestion->wanted = wanted;
    suggestion->best = NULL;
    suggestion->distance = SUGGEST_MAX_DISTANCE + 1;
}

void suggest_offer(struct suggestion *suggestion, const char *name) {
    unsigned distance = edit_distance(suggestion->wanted, name);
    // Of a short name, little is left after two changes: anything would be close to it.
    bool close = distance < strlen(suggestion->wanted);
    if (close && distance < suggestion->distance) {
        suggestion->best = name;
        suggestion->distance = distance;
    }
}
