#include "codec.h"

#include <string.h>

#include "controller.h"
#include "path.h"
#include "registers.h"

/// Verbs with 8 bits of payload.
static uint32_t verb8(unsigned verb, unsigned payload) {
    return (verb << 8) | (payload & 0xff);
}

/// Verbs with 16 bits of payload.
static uint32_t verb16(unsigned verb, unsigned payload) {
    return (verb << 16) | (payload & 0xffff);
}

static error_t __mustuse get(const struct codec *codec, unsigned nid, unsigned verb,
                             unsigned payload, uint32_t *value) {
    return controller_command(codec->address, nid, verb8(verb, payload), value);
}

static error_t __mustuse get_parameter(const struct codec *codec, unsigned nid, unsigned parameter,
                                       uint32_t *value) {
    return get(codec, nid, VERB_GET_PARAMETER, parameter, value);
}

static error_t __mustuse set(const struct codec *codec, unsigned nid, uint32_t verb) {
    uint32_t answer;
    return controller_command(codec->address, nid, verb, &answer);
}

// ---- What is there ----------------------------------------------------------------------------------

/// Finds the audio function group among the root's nodes.
static error_t __mustuse find_group(struct codec *codec) {
    uint32_t nodes;
    error_t err = get_parameter(codec, 0, PARAM_NODES, &nodes);
    if (IS_ERROR(err)) {
        return err;
    }
    for (unsigned i = 0; i < NODES_COUNT(nodes) && NODES_FIRST(nodes) + i <= UINT8_MAX; i++) {
        uint32_t type;
        err = get_parameter(codec, NODES_FIRST(nodes) + i, PARAM_GROUP_TYPE, &type);
        if (IS_ERROR(err)) {
            return err;
        }
        if (GROUP_TYPE(type) == GROUP_AUDIO) {
            codec->group = (uint8_t) (NODES_FIRST(nodes) + i);
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

/// A list of inputs: numbers of nodes, of 7 bits, or of 15 in the long form (7.1.2). A number with the highest bit set
/// ends a range that begins with the number before it.
struct list {
    bool is_long;
    unsigned last;
};

static void add_connection(struct widget *widget, unsigned nid) {
    if (nid <= UINT8_MAX && widget->num_connections < CONNECTIONS_MAX) {
        widget->connections[widget->num_connections++] = (uint8_t) nid;
    }
}

static void add_entry(struct widget *widget, struct list *list, unsigned entry) {
    unsigned range = list->is_long ? 1u << 15 : 1u << 7;
    unsigned nid = entry & (range - 1);
    if (entry & range) {
        for (unsigned i = list->last + 1; i < nid && i <= UINT8_MAX; i++) {
            add_connection(widget, i);
        }
    }
    add_connection(widget, nid);
    list->last = nid;
}

static error_t __mustuse read_connections(const struct codec *codec, struct widget *widget) {
    uint32_t param;
    error_t err = get_parameter(codec, widget->nid, PARAM_CONNECTIONS, &param);
    struct list list = {.is_long = (param & CONNECTIONS_LONG) != 0};
    unsigned per_answer = list.is_long ? 2 : 4;
    unsigned bits = list.is_long ? 16 : 8;
    for (unsigned i = 0; IS_OK(err) && i < CONNECTIONS_COUNT(param); i += per_answer) {
        uint32_t entries;
        err = get(codec, widget->nid, VERB_GET_CONNECTIONS, i, &entries);
        for (unsigned j = 0; IS_OK(err) && j < per_answer && i + j < CONNECTIONS_COUNT(param);
             j++) {
            add_entry(widget, &list, (entries >> (j * bits)) & ((1u << bits) - 1));
        }
    }
    return err;
}

/// Amplifiers that aren't described at the node itself are as the group says.
static error_t __mustuse read_amp(const struct codec *codec, struct widget *widget) {
    unsigned nid = (widget->caps & WIDGET_OWN_AMP) ? widget->nid : codec->group;
    return get_parameter(codec, nid, PARAM_OUT_AMP, &widget->out_amp);
}

static error_t __mustuse read_widget(const struct codec *codec, unsigned nid,
                                     struct widget *widget) {
    widget->nid = (uint8_t) nid;
    error_t err = get_parameter(codec, nid, PARAM_WIDGET, &widget->caps);
    if (IS_OK(err) && (widget->caps & WIDGET_OUT_AMP)) {
        err = read_amp(codec, widget);
    }
    if (IS_OK(err) && (widget->caps & WIDGET_CONNECTIONS)) {
        err = read_connections(codec, widget);
    }
    return err;
}

static error_t __mustuse read_widgets(struct codec *codec) {
    uint32_t nodes;
    error_t err = get_parameter(codec, codec->group, PARAM_NODES, &nodes);
    for (unsigned i = 0; IS_OK(err) && i < NODES_COUNT(nodes) && i < WIDGETS_MAX
                         && NODES_FIRST(nodes) + i <= UINT8_MAX;
         i++) {
        err = read_widget(codec, NODES_FIRST(nodes) + i, &codec->widgets[codec->num_widgets++]);
    }
    return err;
}

/// Whether a pin is an output, and leads to a jack or a speaker.
static error_t __mustuse is_used_output(const struct codec *codec, const struct widget *widget,
                                        bool *is) {
    *is = false;
    if (WIDGET_TYPE(widget->caps) != TYPE_PIN) {
        return OK;
    }
    uint32_t pin, configuration;
    error_t err = get_parameter(codec, widget->nid, PARAM_PIN, &pin);
    if (IS_OK(err)) {
        err = get(codec, widget->nid, VERB_GET_CONFIGURATION, 0, &configuration);
    }
    if (IS_OK(err)) {
        *is = (pin & PIN_CAN_OUT) && CONFIGURATION_PORT(configuration) != PORT_NONE;
    }
    return err;
}

/// What a converter can do; what isn't described at the node itself is as the group says.
static error_t __mustuse read_rates(const struct codec *codec, const struct widget *converter,
                                    uint32_t *rates) {
    unsigned nid = (converter->caps & WIDGET_OWN_FORMAT) ? converter->nid : codec->group;
    return get_parameter(codec, nid, PARAM_RATES, rates);
}

static const struct widget *converter_of(const struct codec *codec, const struct path *path) {
    return &codec->widgets[path->widgets[path->len - 1]];
}

/// Takes a way in whose converter can play what the others can.
static error_t __mustuse add_path(struct codec *codec, const struct path *path) {
    uint32_t rates;
    error_t err = read_rates(codec, converter_of(codec, path), &rates);
    if (IS_ERROR(err)) {
        return err;
    }
    uint32_t common = codec->rates & rates;
    if ((rates & RATES_16BIT) && (common & ~RATES_16BIT)) {
        codec->rates = common;
        codec->paths[codec->num_paths++] = *path;
    }
    return OK;
}

static error_t __mustuse find_paths(struct codec *codec) {
    codec->rates = 0x7ff | RATES_16BIT;
    for (unsigned i = 0; i < codec->num_widgets && codec->num_paths < PATHS_MAX; i++) {
        bool is_output;
        error_t err = is_used_output(codec, &codec->widgets[i], &is_output);
        struct path path;
        if (IS_OK(err) && is_output && path_find(codec, i, &path)) {
            err = add_path(codec, &path);
        }
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return codec->num_paths > 0 ? OK : ERR_NOT_FOUND;
}

error_t codec_init(struct codec *codec, unsigned address) {
    bzero(codec, sizeof(*codec));
    codec->address = (uint8_t) address;
    error_t err = find_group(codec);
    if (IS_OK(err)) {
        // Each setting is made anew, whatever a driver has left before.
        err = set(codec, codec->group, verb8(VERB_RESET_GROUP, 0));
    }
    if (IS_OK(err)) {
        err = set(codec, codec->group, verb8(VERB_SET_POWER, 0));
    }
    if (IS_OK(err)) {
        err = read_widgets(codec);
    }
    return IS_OK(err) ? find_paths(codec) : err;
}

// ---- Settings ---------------------------------------------------------------------------------------

static error_t __mustuse power_on(const struct codec *codec, const struct widget *widget) {
    return (widget->caps & WIDGET_POWER) ? set(codec, widget->nid, verb8(VERB_SET_POWER, 0)) : OK;
}

/// Lets the signal through unchanged.
static error_t __mustuse open_amps(const struct codec *codec, const struct widget *widget,
                                   unsigned input) {
    error_t err = OK;
    if (widget->caps & WIDGET_OUT_AMP) {
        unsigned gain = AMP_OFFSET(widget->out_amp);
        err = set(codec, widget->nid, verb16(VERB_SET_AMP, AMP_OUT | AMP_BOTH_CHANNELS | gain));
    }
    if (IS_OK(err) && (widget->caps & WIDGET_IN_AMP)) {
        unsigned nid = (widget->caps & WIDGET_OWN_AMP) ? widget->nid : codec->group;
        uint32_t amp;
        err = get_parameter(codec, nid, PARAM_IN_AMP, &amp);
        if (IS_OK(err)) {
            err = set(codec, widget->nid,
                      verb16(VERB_SET_AMP,
                             AMP_IN | AMP_BOTH_CHANNELS | AMP_INDEX(input) | AMP_OFFSET(amp)));
        }
    }
    return err;
}

/// A mixer has no selection: it takes all its inputs.
static error_t __mustuse select_input(const struct codec *codec, const struct widget *widget,
                                      unsigned input) {
    bool has_choice = WIDGET_TYPE(widget->caps) != TYPE_MIXER && widget->num_connections > 1;
    return has_choice ? set(codec, widget->nid, verb8(VERB_SET_CONNECTION, input)) : OK;
}

static error_t __mustuse open_pin(const struct codec *codec, const struct widget *widget) {
    uint32_t pin;
    error_t err = get_parameter(codec, widget->nid, PARAM_PIN, &pin);
    if (IS_OK(err)) {
        unsigned how = PIN_OUT | ((pin & PIN_CAN_HEADPHONES) ? PIN_HEADPHONES : 0);
        err = set(codec, widget->nid, verb8(VERB_SET_PIN, how));
    }
    if (IS_OK(err) && (pin & PIN_HAS_EAPD)) {
        err = set(codec, widget->nid, verb8(VERB_SET_EAPD, EAPD_ON));
    }
    return err;
}

static error_t __mustuse feed(const struct codec *codec, const struct widget *converter,
                              unsigned tag, uint16_t format) {
    error_t err = set(codec, converter->nid, verb16(VERB_SET_FORMAT, format));
    return IS_OK(err) ? set(codec, converter->nid, verb8(VERB_SET_STREAM, tag << 4)) : err;
}

static error_t __mustuse open_path(const struct codec *codec, const struct path *path) {
    error_t err = open_pin(codec, &codec->widgets[path->widgets[0]]);
    for (unsigned i = 0; IS_OK(err) && i < path->len; i++) {
        const struct widget *widget = &codec->widgets[path->widgets[i]];
        err = power_on(codec, widget);
        if (IS_OK(err)) {
            err = open_amps(codec, widget, path->inputs[i]);
        }
        if (IS_OK(err) && i + 1u < path->len) {
            err = select_input(codec, widget, path->inputs[i]);
        }
    }
    return err;
}

error_t codec_connect(const struct codec *codec, unsigned tag, uint16_t format) {
    error_t err = OK;
    for (unsigned i = 0; IS_OK(err) && i < codec->num_paths; i++) {
        const struct path *path = &codec->paths[i];
        err = open_path(codec, path);
        if (IS_OK(err)) {
            err = feed(codec, converter_of(codec, path), tag, format);
        }
    }
    return err;
}

bool codec_has_volume(const struct codec *codec) {
    for (unsigned i = 0; i < codec->num_paths; i++) {
        if (codec->paths[i].volume == PATH_MAX) {
            return false;
        }
    }
    return true;
}

static error_t __mustuse set_gain(const struct codec *codec, const struct widget *widget,
                                  unsigned percent, bool muted) {
    bool silent = muted || percent == 0;
    unsigned gain = AMP_OFFSET(widget->out_amp) * percent / 100;
    bool can_mute = (widget->out_amp & AMP_CAN_MUTE) != 0;
    unsigned value = (silent && can_mute) ? AMP_MUTE | gain : silent ? 0 : gain;
    return set(codec, widget->nid, verb16(VERB_SET_AMP, AMP_OUT | AMP_BOTH_CHANNELS | value));
}

error_t codec_set_volume(const struct codec *codec, unsigned percent, bool muted) {
    error_t err = OK;
    for (unsigned i = 0; IS_OK(err) && i < codec->num_paths; i++) {
        const struct path *path = &codec->paths[i];
        if (path->volume != PATH_MAX) {
            err = set_gain(codec, &codec->widgets[path->widgets[path->volume]], percent, muted);
        }
    }
    return err;
}
