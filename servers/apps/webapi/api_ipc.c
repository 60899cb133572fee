#include "api.h"
#include "graph.h"

static void add_edge(struct api_state *state, struct text *out, const struct edge *edge) {
    api_begin_item(state, out);
    text_add_member_number(out, "from", (uint64_t) edge->from);
    text_add_member_number(out, "to", (uint64_t) edge->to);
    text_add_member_number(out, "messages", edge->messages);
    text_add_member_number(out, "notifications", edge->notifications);
    text_add_literal(out, "}");
}

bool api_ipc(struct api_state *state, struct text *out) {
    const struct graph *graph = graph_look();
    if (state->step == 0) {
        text_add_literal(out, "{");
        text_add_member_bool(out, "recording", graph != NULL && graph->is_recording);
        text_add_member_number(out, "since_ms", (graph != NULL) ? graph->since_ms : 0);
        text_add_member_number(out, "lost", (graph != NULL) ? graph->lost : 0);
        text_add_literal(out, ",\"edges\":[");
        api_next_step(state);
        // What is added meanwhile is told next time.
        state->until = (graph != NULL) ? graph->num_edges : 0;
        return true;
    }
    unsigned end = (graph != NULL) ? MIN(state->until, graph->num_edges) : 0;
    for (unsigned i = 0; i < 8 && state->index < end; i++) {
        add_edge(state, out, &graph->edges[state->index++]);
    }
    if (state->index < end) {
        return true;
    }
    text_add_literal(out, "]}\n");
    return false;
}
