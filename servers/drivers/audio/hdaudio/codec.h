#ifndef __CODEC_H__
#define __CODEC_H__

/// \file
/// A codec: finds the ways from its converters to its jacks and speakers, and opens them. What a codec
/// answers is not trusted: numbers of nodes are bounded, and ways may not go in circles.

#include <types.h>

/// Nodes of the audio function group that are looked at.
#define WIDGETS_MAX 96
/// Inputs of a node that are looked at.
#define CONNECTIONS_MAX 16
/// Nodes of a way, pin and converter included.
#define PATH_MAX 6
/// Pins that are opened.
#define PATHS_MAX 8

struct widget {
    uint32_t caps;  ///< PARAM_WIDGET
    uint32_t out_amp;
    uint8_t nid;
    uint8_t num_connections;
    uint8_t connections[CONNECTIONS_MAX];
};

/// From a pin to the converter that it gets its samples from.
struct path {
    uint8_t len;
    /// Numbers in codec.widgets, and which of a node's inputs leads to the next one.
    uint8_t widgets[PATH_MAX];
    uint8_t inputs[PATH_MAX];
    /// The node whose output amplifier is the volume; PATH_MAX: none.
    uint8_t volume;
};

struct codec {
    uint8_t address;
    uint8_t group;
    uint32_t rates;  ///< PARAM_RATES: what all converters in use can do.
    unsigned num_widgets;
    struct widget widgets[WIDGETS_MAX];
    unsigned num_paths;
    struct path paths[PATHS_MAX];
};

/// Looks at the codec number `address`. ERR_NOT_FOUND: there is nothing to hear from it. ERR_IO: it doesn't answer.
error_t __mustuse codec_init(struct codec *codec, unsigned address);

/// Powers it on and connects the stream `tag` in that format to all outputs. ERR_IO.
error_t __mustuse codec_connect(const struct codec *codec, unsigned tag, uint16_t format);

/// Whether all outputs have an amplifier that can be set.
bool codec_has_volume(const struct codec *codec);

/// Sets the amplifiers; 100 is no amplification. Those of outputs without a settable one are left alone. ERR_IO.
error_t __mustuse codec_set_volume(const struct codec *codec, unsigned percent, bool muted);

#endif
