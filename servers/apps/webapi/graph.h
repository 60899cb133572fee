#ifndef __GRAPH_H__
#define __GRAPH_H__

/// \file
/// Who sends to whom, counted while somebody asks: the kernel records messages (docs/tracing.md), which costs all tasks something,
/// so it ends when nobody has asked for a while.

#include <types.h>

#include "clock.h"

/// How many pairs of tasks are counted; messages of others are only counted as lost.
#define GRAPH_EDGES_MAX 256
/// Seconds without a question, after which it ends.
#define GRAPH_IDLE_S 5

struct edge {
    task_t from, to;  ///< `from` is 0 for notifications of the kernel's.
    uint32_t messages;
    uint32_t notifications;
};

struct graph {
    bool is_recording;  ///< False: the kernel can't, or this program may not.
    uint64_t since_ms;  ///< When counting began.
    uint64_t
        lost;  ///< Events that were overwritten before they were counted, or for which there was no room.
    unsigned num_edges;
    struct edge edges[GRAPH_EDGES_MAX];
};

/// Counts what has happened since the last time; begins to if need be. NULL: there is no memory.
const struct graph *graph_look(void);
/// A second has passed.
void graph_tick(void);
/// Whether somebody has asked lately.
bool graph_is_on(void);

#endif
