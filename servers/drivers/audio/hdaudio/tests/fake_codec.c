#include "fake_codec.h"

#include <driver/dma.h>
#include <driver/io.h>
#include <resea/timer.h>
#include <stdlib.h>
#include <string.h>

#include "../registers.h"

struct fake fake;

#define STREAM_AT HDA_STREAM(1)  // The controller has one stream for input.
#define DMAS_MAX  8

struct dma {
    uint8_t *buf;
    size_t len;
    uint64_t daddr;
};

static struct dma dmas[DMAS_MAX];
static unsigned num_dmas;
static uint8_t regs[0x200];
static uint32_t position;
static unsigned num_unseen;
static uint64_t now_us;
static uint32_t random_state;

uint32_t fake_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 4;
}

void fake_reset(void) {
    for (unsigned i = 0; i < num_dmas; i++) {
        free(dmas[i].buf);
    }
    num_dmas = 0;
    memset(&fake, 0, sizeof(fake));
    memset(regs, 0, sizeof(regs));
    position = 0;
    num_unseen = 0;
    random_state = 1;
    fake.group_type = GROUP_AUDIO;
    fake.codecs = 1;
    fake.num_outputs = 1;
    fake.dma_base = 0x100000;
    fake.group.rates = RATES_16BIT | (1u << 5) | (1u << 6);
    fake.num_nodes = 2;
    fake.nodes[0].widget = (TYPE_OUTPUT << 20) | WIDGET_STEREO | WIDGET_OUT_AMP | WIDGET_OWN_AMP;
    fake.nodes[0].out_amp = AMP_CAN_MUTE | (80u << 8) | 64;
    fake.nodes[1].widget = ((uint32_t) TYPE_PIN << 20) | WIDGET_CONNECTIONS;
    fake.nodes[1].pin = PIN_CAN_OUT | PIN_HAS_EAPD;
    fake.nodes[1].num_connections = 1;
    fake.nodes[1].connections[0] = FAKE_FIRST_NID;
}

uint64_t timer_uptime(void) {
    now_us += 100;
    return now_us / 1000;
}

// ---- Memory -----------------------------------------------------------------------------------------

dma_t dma_alloc(size_t len, unsigned flags __unused) {
    if (fake.no_memory || num_dmas == DMAS_MAX) {
        return NULL;
    }
    struct dma *dma = &dmas[num_dmas];
    dma->buf = calloc(1, len);
    dma->len = len;
    dma->daddr = fake.dma_base + 0x100000u * num_dmas;
    num_dmas++;
    return dma;
}

paddr_t dma_daddr(dma_t dma) {
    return (paddr_t) dma->daddr;
}

uint8_t *dma_buf(dma_t dma) {
    return dma->buf;
}

void dma_flush_read(dma_t dma __unused) {}

void dma_flush_write(dma_t dma __unused) {}

/// What the controller finds at an address. It ends the test if nothing is there.
static uint8_t *reach(uint64_t daddr, size_t len) {
    for (unsigned i = 0; i < num_dmas; i++) {
        if (daddr >= dmas[i].daddr && daddr + len <= dmas[i].daddr + dmas[i].len) {
            return dmas[i].buf + (daddr - dmas[i].daddr);
        }
    }
    abort();
}

static uint32_t reg32(unsigned reg) {
    uint32_t value;
    memcpy(&value, regs + reg, sizeof(value));
    return value;
}

static uint16_t reg16(unsigned reg) {
    return (uint16_t) (regs[reg] | (regs[reg + 1] << 8));
}

// ---- The codec --------------------------------------------------------------------------------------

static uint32_t parameter(const struct fake_node *node, unsigned which) {
    switch (which) {
    case PARAM_WIDGET:
        return node->widget;
    case PARAM_PIN:
        return node->pin;
    case PARAM_RATES:
        return node->rates;
    case PARAM_OUT_AMP:
        return node->out_amp;
    case PARAM_IN_AMP:
        return node->in_amp;
    case PARAM_CONNECTIONS:
        return node->num_connections;
    default:
        return 0;
    }
}

static uint32_t root_parameter(unsigned which) {
    return (which == PARAM_NODES) ? (1u << 16) | 1 : 0;
}

static uint32_t group_parameter(unsigned which) {
    if (which == PARAM_NODES) {
        return ((uint32_t) FAKE_FIRST_NID << 16) | fake.num_nodes;
    }
    return (which == PARAM_GROUP_TYPE) ? fake.group_type : parameter(&fake.group, which);
}

static void set16(struct fake_node *node, unsigned verb, unsigned payload) {
    if (verb == VERB_SET_FORMAT) {
        node->format = payload;
    } else if (verb == VERB_SET_AMP && (payload & AMP_OUT)) {
        node->amp_out = payload & 0xff;
    } else if (verb == VERB_SET_AMP) {
        node->amp_in[(payload >> 8) & 0xf] = payload & 0xff;
    }
}

static void set8(struct fake_node *node, unsigned verb, unsigned payload) {
    switch (verb) {
    case VERB_SET_CONNECTION:
        node->selected = payload;
        break;
    case VERB_SET_POWER:
        node->power = payload;
        break;
    case VERB_SET_STREAM:
        node->stream = payload;
        break;
    case VERB_SET_PIN:
        node->pin_control = payload;
        break;
    case VERB_SET_EAPD:
        node->eapd = payload;
        break;
    default:
        break;
    }
}

static uint32_t answer_node(struct fake_node *node, uint32_t verb) {
    unsigned verb8 = (verb >> 8) & 0xfff, payload = verb & 0xff;
    switch (verb8) {
    case VERB_GET_PARAMETER:
        return parameter(node, payload);
    case VERB_GET_CONNECTIONS:
        return node->connections[(payload / 4) % 4];
    case VERB_GET_CONFIGURATION:
        return node->configuration;
    default:
        set8(node, verb8, payload);
        set16(node, (verb >> 16) & 0xf, verb & 0xffff);
        return 0;
    }
}

static uint32_t answer(unsigned nid, uint32_t verb) {
    unsigned which = verb & 0xff;
    bool is_parameter = ((verb >> 8) & 0xfff) == VERB_GET_PARAMETER;
    if (fake.random) {
        return (fake_random() << 16) ^ fake_random();
    }
    if (nid == 0) {
        return root_parameter(which);
    }
    if (nid == 1) {
        return is_parameter ? group_parameter(which) : answer_node(&fake.group, verb);
    }
    unsigned index = nid - FAKE_FIRST_NID;
    return (index < fake.num_nodes) ? answer_node(&fake.nodes[index], verb) : 0;
}

// ---- The controller ---------------------------------------------------------------------------------

static void put_answer(uint32_t value, uint32_t from) {
    unsigned write = (reg16(HDA_RIRB_WRITE) + 1u) % 256;
    struct hda_answer got = {.value = value, .from = from};
    memcpy(reach(reg32(HDA_RIRB_LOW) | ((uint64_t) reg32(HDA_RIRB_HIGH) << 32), 2048)
               + write * sizeof(got),
           &got, sizeof(got));
    regs[HDA_RIRB_WRITE] = (uint8_t) write;
    num_unseen++;
    if (num_unseen >= reg16(HDA_RIRB_COUNT) && (regs[HDA_RIRB_CTL] & HDA_RIRB_CTL_IRQ)) {
        regs[HDA_RIRB_STS] |= 1;
    }
}

static void run_commands(unsigned write) {
    unsigned read = reg16(HDA_CORB_READ) % 256;
    // As QEMU's model: no command is taken while as many answers as are to be told wait to be seen.
    while (read != write && (regs[HDA_CORB_CTL] & HDA_RING_RUNS)
           && num_unseen < reg16(HDA_RIRB_COUNT)) {
        read = (read + 1) % 256;
        uint32_t command;
        memcpy(&command,
               reach(reg32(HDA_CORB_LOW) | ((uint64_t) reg32(HDA_CORB_HIGH) << 32), 1024)
                   + read * 4,
               4);
        unsigned address = command >> 28;
        fake.num_commands++;
        if (fake.unsolicited) {
            put_answer(0xdead, address | HDA_ANSWER_UNSOLICITED);
        }
        if (!fake.mute && (fake.codecs & (1u << address))) {
            put_answer(answer((command >> 20) & 0xff, command & 0xfffff), address);
        }
    }
    regs[HDA_CORB_READ] = (uint8_t) read;
}

static void write_control(uint8_t value) {
    regs[STREAM_AT + HDA_STREAM_CTL] = value;
    fake.runs = (value & HDA_STREAM_CTL_RUNS) != 0;
    fake.irq_enabled = (value & HDA_STREAM_CTL_IRQ) != 0;
    if (value & HDA_STREAM_CTL_RESET) {
        position = 0;
    }
}

void io_write8(io_t io __unused, offset_t offset, uint8_t value) {
    if (offset == HDA_RIRB_STS && (regs[HDA_RIRB_STS] & value & 1)) {
        num_unseen = 0;
    }
    if (offset == STREAM_AT + HDA_STREAM_CTL) {
        write_control(value);
    } else if (offset == HDA_CORB_SIZE || offset == HDA_RIRB_SIZE) {
        regs[offset] = (uint8_t) ((regs[offset] & 0xf0) | (value & 3));
    } else if (offset == STREAM_AT + HDA_STREAM_STS || offset == HDA_RIRB_STS) {
        regs[offset] &= (uint8_t) ~value;
    } else {
        regs[offset] = value;
    }
}

void io_write16(io_t io __unused, offset_t offset, uint16_t value) {
    if (offset == HDA_CORB_WRITE) {
        run_commands(value);
    } else if (offset == HDA_CORB_READ || offset == HDA_RIRB_WRITE) {
        regs[offset] = 0;
        regs[offset + 1] = 0;
        return;
    }
    memcpy(regs + offset, &value, sizeof(value));
    fake.format = reg16(STREAM_AT + HDA_STREAM_FORMAT);
}

void io_write32(io_t io __unused, offset_t offset, uint32_t value) {
    if (offset == HDA_GCTL && fake.stuck_in_reset) {
        return;
    }
    memcpy(regs + offset, &value, sizeof(value));
}

uint8_t io_read8(io_t io __unused, offset_t offset) {
    if (offset == HDA_CORB_SIZE || offset == HDA_RIRB_SIZE) {
        return (uint8_t) (regs[offset] | (HDA_RING_CAP_256 << 4));
    }
    return regs[offset];
}

uint16_t io_read16(io_t io __unused, offset_t offset) {
    if (offset == HDA_GCAP) {
        return (uint16_t) ((fake.num_outputs << 12) | (1u << 8) | (fake.reaches_64bit ? 1 : 0));
    }
    return (offset == HDA_STATESTS) ? (uint16_t) fake.codecs : reg16((unsigned) offset);
}

uint32_t io_read32(io_t io __unused, offset_t offset) {
    if (offset == STREAM_AT + HDA_STREAM_POSITION) {
        return position;
    }
    if (offset == HDA_INTSTS) {
        return regs[STREAM_AT + HDA_STREAM_STS] ? 1u << 1 : 0;
    }
    return reg32((unsigned) offset);
}

/// The byte that is played next, found through the list.
static uint8_t fetch(void) {
    uint64_t list = reg32(STREAM_AT + HDA_STREAM_LIST_LOW)
                    | ((uint64_t) reg32(STREAM_AT + HDA_STREAM_LIST_HIGH) << 32);
    unsigned entries = reg16(STREAM_AT + HDA_STREAM_LAST) + 1u;
    const struct hda_buffer *buffers = (void *) reach(list, entries * sizeof(*buffers));
    uint32_t at = position;
    unsigned i = 0;
    while (at >= buffers[i].len) {
        at -= buffers[i++].len;
    }
    bool last = at + 1 == buffers[i].len;
    if (last && (buffers[i].flags & HDA_BUFFER_IRQ)) {
        regs[STREAM_AT + HDA_STREAM_STS] |= 1u << 2;
    }
    return *reach(buffers[i].daddr + at, 1);
}

bool fake_play(size_t len) {
    for (size_t i = 0; fake.runs && i < len; i++) {
        if (fake.captured_len < FAKE_CAPTURED_MAX) {
            fake.captured[fake.captured_len++] = fetch();
        }
        position = (position + 1) % reg32(STREAM_AT + HDA_STREAM_LEN);
    }
    return fake.irq_enabled && regs[STREAM_AT + HDA_STREAM_STS] != 0;
}
