#ifndef __API_H__
#define __API_H__

/// \file
/// What /api/… answers with: JSON that tells about the system. It is made in pieces, so that a long one needs no more memory
/// than a short one, and nobody waits for it.

#include <types.h>

#include "text.h"

/// Bytes of the longest piece.
#define API_PIECE_MAX 2048

/// How far an answer is. Zeroed to begin, but for `from`.
struct api_state {
    uint32_t step;
    uint32_t index;
    uint32_t count;  ///< Items of the list that are out.
    uint32_t from;   ///< The query's.
    uint32_t until;
};

/// Adds the next piece. False: it was the last one.
typedef bool (*api_more_t)(struct api_state *state, struct text *out);

/// What makes the answer for a path; NULL: there is none.
api_more_t api_find(const char *path);

// In files of their own.
bool api_tasks(struct api_state *state, struct text *out);
bool api_memory(struct api_state *state, struct text *out);
bool api_uptime(struct api_state *state, struct text *out);
bool api_ipc(struct api_state *state, struct text *out);
bool api_log(struct api_state *state, struct text *out);
bool api_network(struct api_state *state, struct text *out);

/// Begins an object that is an item of a list.
static inline void api_begin_item(struct api_state *state, struct text *out) {
    text_add(out, (state->count++ > 0) ? ",{" : "{");
}

/// Begins the list of the next step.
static inline void api_next_step(struct api_state *state) {
    state->step++;
    state->index = 0;
    state->count = 0;
}

#endif
