#include "graph.h"

#include <kernel_abi.h>
#include <resea/malloc.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <string.h>

/// Events that are read at a time: more than the kernel keeps in any configuration that is sensible, and an end for a system
/// that makes them faster than they are read.
#define EVENTS_MAX 16384

static struct graph *graph;
static uint64_t next_event;
static uint32_t asked_at;

static struct edge *find_edge(task_t from, task_t to) {
    for (unsigned i = 0; i < graph->num_edges; i++) {
        if (graph->edges[i].from == from && graph->edges[i].to == to) {
            return &graph->edges[i];
        }
    }
    if (graph->num_edges == GRAPH_EDGES_MAX) {
        return NULL;
    }
    struct edge *edge = &graph->edges[graph->num_edges++];
    *edge = (struct edge){.from = from, .to = to};
    return edge;
}

static void count(const struct trace_event *event) {
    bool is_notification = event->kind == TRACE_NOTIFY;
    if (!is_notification && event->kind != TRACE_SEND && event->kind != TRACE_CALL
        && event->kind != TRACE_REPLY && event->kind != TRACE_FAULT) {
        return;
    }
    struct edge *edge = find_edge(event->src, event->dst);
    if (edge == NULL) {
        graph->lost++;
    } else if (is_notification) {
        edge->notifications++;
    } else {
        edge->messages++;
    }
}

static void begin(void) {
    memset(graph, 0, sizeof(*graph));
    graph->since_ms = timer_uptime();
    graph->is_recording = IS_OK(sys_trace(TRACE_START, 0, NULL, 0));
    next_event = 0;
}

static void read_events(void) {
    struct trace_event event;
    for (unsigned i = 0; i < EVENTS_MAX; i++) {
        if (sys_trace(TRACE_READ, (uintptr_t) next_event, &event, sizeof(event))
            != (int) sizeof(event)) {
            return;
        }
        graph->lost += event.number - next_event;
        next_event = event.number + 1;
        count(&event);
    }
}

const struct graph *graph_look(void) {
    asked_at = clock_now();
    if (graph == NULL) {
        graph = malloc(sizeof(*graph));
        if (graph == NULL) {
            return NULL;
        }
        begin();
    }
    if (graph->is_recording) {
        read_events();
    }
    return graph;
}

void graph_tick(void) {
    if (graph != NULL && clock_now() - asked_at > GRAPH_IDLE_S) {
        if (graph->is_recording) {
            (void) sys_trace(TRACE_STOP, 0, NULL, 0);
        }
        free(graph);
        graph = NULL;
    }
}

bool graph_is_on(void) {
    return graph != NULL;
}
