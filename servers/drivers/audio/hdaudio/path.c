#include "path.h"

#include <string.h>

#include "registers.h"

static bool is_converter(const struct widget *widget) {
    return WIDGET_TYPE(widget->caps) == TYPE_OUTPUT;
}

/// Whether samples go through it to a pin.
static bool is_passage(const struct widget *widget) {
    unsigned type = WIDGET_TYPE(widget->caps);
    return type == TYPE_MIXER || type == TYPE_SELECTOR;
}

/// Returns its number in codec->widgets; codec->num_widgets: it isn't one of them.
static unsigned find_widget(const struct codec *codec, uint8_t nid) {
    unsigned i = 0;
    while (i < codec->num_widgets && codec->widgets[i].nid != nid) {
        i++;
    }
    return i;
}

static bool is_on(const struct path *path, unsigned widget) {
    for (unsigned i = 0; i < path->len; i++) {
        if (path->widgets[i] == widget) {
            return true;
        }
    }
    return false;
}

/// The next node of the way that hasn't been tried at its end: the first from the input `input` on. Adds it.
static bool step_forward(const struct codec *codec, struct path *path, unsigned input) {
    const struct widget *end = &codec->widgets[path->widgets[path->len - 1]];
    for (; path->len < PATH_MAX && input < end->num_connections; input++) {
        unsigned next = find_widget(codec, end->connections[input]);
        if (next < codec->num_widgets && !is_on(path, next)
            && (is_converter(&codec->widgets[next]) || is_passage(&codec->widgets[next]))) {
            path->inputs[path->len - 1] = (uint8_t) input;
            path->widgets[path->len++] = (uint8_t) next;
            return true;
        }
    }
    return false;
}

/// The node nearest to the converter that has gains to choose from.
static uint8_t find_volume(const struct codec *codec, const struct path *path) {
    for (unsigned i = path->len; i-- > 0;) {
        if (AMP_STEPS(codec->widgets[path->widgets[i]].out_amp) > 0) {
            return (uint8_t) i;
        }
    }
    return PATH_MAX;
}

/// How many nodes are tried before the search is given up: a hostile codec could connect all with all.
#define STEPS_MAX 2000

bool path_find(const struct codec *codec, unsigned pin, struct path *path) {
    bzero(path, sizeof(*path));
    path->widgets[path->len++] = (uint8_t) pin;
    unsigned input = 0;
    for (unsigned steps = 0; steps < STEPS_MAX; steps++) {
        if (step_forward(codec, path, input)) {
            input = 0;
        } else if (path->len == 1) {
            return false;
        } else {
            path->len--;
            input = path->inputs[path->len - 1] + 1u;
        }
        if (is_converter(&codec->widgets[path->widgets[path->len - 1]])) {
            path->volume = find_volume(codec, path);
            return true;
        }
    }
    return false;
}
