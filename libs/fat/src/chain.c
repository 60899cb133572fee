#include "chain.h"

#include "table.h"

void chain_forget(struct fat_node *node) {
    node->num_runs = 0;
    node->later = (struct run){0, 0, 0};
}

static bool has(const struct run *run, uint32_t index) {
    return index >= run->index && index - run->index < run->count;
}

/// The run that a walk to `index` begins from: the last one in front of it that is known.
static error_t __mustuse begin(struct fat_node *node, uint32_t index, struct run **run) {
    if (node->num_runs == 0) {
        if (!is_cluster(node->fat, node->start)) {
            return ERR_IO;
        }
        node->runs[node->num_runs++] = (struct run){0, node->start, 1};
    }
    if (node->later.count > 0 && index >= node->later.index) {
        *run = &node->later;
        return OK;
    }
    unsigned i = node->num_runs - 1;
    while (node->runs[i].index > index) {
        i--;
    }
    *run = &node->runs[i];
    return OK;
}

/// What comes behind a run: if it follows at once, the run becomes longer. ERR_END: nothing.
static error_t __mustuse look_behind(struct fat_node *node, struct run *run, uint32_t *next) {
    uint32_t last = run->cluster + run->count - 1;
    error_t err = table_next(node->fat, last, next);
    if (err == OK && *next == TABLE_END) {
        return ERR_END;
    }
    if (err == OK && *next == last + 1) {
        run->count++;
    }
    return err;
}

/// Goes on behind a run: it becomes longer, or the next one is made, and *run points to that.
static error_t __mustuse advance(struct fat_node *node, struct run **run) {
    uint32_t next, count = (*run)->count;
    error_t err = look_behind(node, *run, &next);
    if (err != OK || (*run)->count > count) {
        return err;
    }
    struct run made = {(*run)->index + (*run)->count, next, 1};
    bool is_known = *run != &node->later && *run != &node->runs[node->num_runs - 1];
    if (is_known) {
        *run = *run + 1;
        return OK;
    }
    if (*run != &node->later && node->num_runs < RUNS_MAX) {
        *run = &node->runs[node->num_runs++];
    } else {
        *run = &node->later;
    }
    **run = made;
    return OK;
}

error_t chain_find(struct fat_node *node, uint32_t index, uint32_t wanted, uint32_t *cluster,
                   uint32_t *count) {
    struct run *run;
    error_t err = begin(node, index, &run);
    // A chain that leads into itself ends here at the latest.
    if (err == OK && index >= node->fat->num_clusters) {
        err = ERR_IO;
    }
    while (err == OK && !has(run, index)) {
        err = advance(node, &run);
    }
    if (err != OK) {
        return (err == ERR_END) ? ERR_IO : err;
    }
    uint32_t before = 0, next;
    while (run->index + run->count - index < wanted && run->count != before) {
        before = run->count;
        // A damaged chain is found out when somebody wants what is behind the damage.
        if (look_behind(node, run, &next) != OK) {
            break;
        }
    }
    *cluster = run->cluster + (index - run->index);
    *count = MIN(run->index + run->count - index, wanted);
    return OK;
}
