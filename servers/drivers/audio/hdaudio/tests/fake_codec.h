#ifndef __FAKE_CODEC_H__
#define __FAKE_CODEC_H__

/// \file
/// A controller and a codec behind its registers: answers commands through the rings, and plays from
/// the stream's list of buffers when it is told to.

#include <types.h>

#define FAKE_NODES_MAX    128
#define FAKE_CAPTURED_MAX (1024 * 1024)
/// The first node of the audio function group.
#define FAKE_FIRST_NID 2

struct fake_node {
    uint32_t widget, pin, configuration, rates, out_amp, in_amp;
    uint32_t num_connections;  ///< As PARAM_CONNECTIONS.
    uint32_t connections[4];   ///< As VERB_GET_CONNECTIONS answers.
    // What it was told.
    unsigned selected, pin_control, eapd, power, amp_out, amp_in[16], format, stream;
};

extern struct fake {
    unsigned num_nodes;
    struct fake_node group;
    struct fake_node nodes[FAKE_NODES_MAX];  ///< From FAKE_FIRST_NID on.
    unsigned group_type;
    unsigned codecs;   ///< Which answer.
    bool mute;         ///< No command is answered.
    bool unsolicited;  ///< Before each answer comes one that nobody has asked for.
    bool random;       ///< Answers are made up.
    bool stuck_in_reset;
    unsigned num_outputs;
    bool reaches_64bit;
    uint64_t dma_base;  ///< Where memory seems to be.
    bool no_memory;
    unsigned num_commands;
    bool runs, irq_enabled;
    uint16_t format;
    size_t captured_len;
    uint8_t captured[FAKE_CAPTURED_MAX];
} fake;

/// A controller with one codec: a converter (NID 2), and a pin (NID 3) that leads to a jack.
void fake_reset(void);
/// The controller behind fake_io.
#define FAKE_IO ((io_t) &fake)

/// Plays that many bytes; true: there was an interrupt.
bool fake_play(size_t len);
/// Numbers that look random, the same in each run.
uint32_t fake_random(void);

#endif
