#include "controller.h"

#include <driver/dma.h>
#include <resea/timer.h>

#include "registers.h"

/// The rings share a page: commands have 4 bytes, answers 8 (4.4).
#define RINGS_LEN  4096
#define ANSWERS_AT 2048
#define RING_MAX   256
#define RESET_MS   100
/// Codecs have 25 frames of 20.8 us to show themselves after a reset (4.3).
#define CODECS_MS 2

static io_t io;
static dma_t rings;
static unsigned num_commands;
static unsigned num_answers;
static unsigned next_command;
static unsigned next_answer;
static unsigned codecs;
/// The descriptor of the first output stream.
static unsigned stream;
static unsigned stream_bit;

/// Waits until the bits of a register that is read by `read` are as they should. A reset takes less than a
/// millisecond.
static error_t __mustuse wait_for(unsigned reg, uint32_t mask, uint32_t value) {
    uint64_t deadline = timer_uptime() + RESET_MS;
    while ((io_read32(io, reg) & mask) != value) {
        if (timer_uptime() > deadline) {
            return ERR_IO;
        }
    }
    return OK;
}

static void wait_ms(unsigned ms) {
    uint64_t end = timer_uptime() + ms + 1;
    while (timer_uptime() < end) {
        (void) io_read32(io, HDA_GCTL);
    }
}

static error_t __mustuse reset(void) {
    io_write32(io, HDA_GCTL, 0);
    error_t err = wait_for(HDA_GCTL, HDA_GCTL_RUNS, 0);
    if (IS_OK(err)) {
        wait_ms(0);
        io_write32(io, HDA_GCTL, HDA_GCTL_RUNS);
        err = wait_for(HDA_GCTL, HDA_GCTL_RUNS, HDA_GCTL_RUNS);
    }
    if (IS_OK(err)) {
        wait_ms(CODECS_MS);
        codecs = io_read16(io, HDA_STATESTS) & ((1u << HDA_CODECS_MAX) - 1);
    }
    return err;
}

/// Chooses the largest size that the ring has; returns how many entries that are.
static unsigned choose_size(unsigned reg) {
    unsigned can = HDA_RING_SIZE_CAP(io_read8(io, reg));
    unsigned choice = (can & HDA_RING_CAP_256) ? 2 : (can & HDA_RING_CAP_16) ? 1 : 0;
    io_write8(io, reg, (uint8_t) choice);
    return (choice == 2) ? RING_MAX : (choice == 1) ? 16 : 2;
}

/// The pointer's reset is to be seen before it is taken back (3.3.21); not all controllers show it.
static void reset_command_pointer(void) {
    io_write16(io, HDA_CORB_WRITE, 0);
    io_write16(io, HDA_CORB_READ, HDA_CORB_READ_RESET);
    wait_ms(0);
    io_write16(io, HDA_CORB_READ, 0);
    wait_ms(0);
}

static void set_up_rings(void) {
    uint64_t daddr = dma_daddr(rings);
    io_write32(io, HDA_CORB_LOW, (uint32_t) daddr);
    io_write32(io, HDA_CORB_HIGH, (uint32_t) (daddr >> 32));
    io_write32(io, HDA_RIRB_LOW, (uint32_t) (daddr + ANSWERS_AT));
    io_write32(io, HDA_RIRB_HIGH, (uint32_t) ((daddr + ANSWERS_AT) >> 32));
    num_commands = choose_size(HDA_CORB_SIZE);
    num_answers = choose_size(HDA_RIRB_SIZE);
    reset_command_pointer();
    io_write16(io, HDA_RIRB_WRITE, HDA_RIRB_WRITE_RESET);
    io_write16(io, HDA_RIRB_COUNT, 1);
    next_command = next_answer = 0;
    io_write8(io, HDA_CORB_CTL, HDA_RING_RUNS);
    // Without its interrupt, which INTCTL keeps from us, QEMU's model goes on after the first answer
    // only if it is reset.
    io_write8(io, HDA_RIRB_CTL, HDA_RING_RUNS | HDA_RIRB_CTL_IRQ);
}

bool controller_can_reach(paddr_t daddr) {
    return daddr <= UINT32_MAX || (io_read16(io, HDA_GCAP) & HDA_GCAP_64BIT);
}

error_t controller_init(io_t registers) {
    io = registers;
    unsigned caps = io_read16(io, HDA_GCAP);
    if (HDA_GCAP_OUTPUTS(caps) == 0) {
        return ERR_NOT_ACCEPTABLE;
    }
    stream_bit = 1u << HDA_GCAP_INPUTS(caps);
    stream = HDA_STREAM(HDA_GCAP_INPUTS(caps));
    error_t err = reset();
    if (IS_ERROR(err)) {
        return err;
    }
    rings = dma_alloc(RINGS_LEN, DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    if (rings == NULL) {
        return ERR_NO_MEMORY;
    }
    if (!controller_can_reach(dma_daddr(rings))) {
        return ERR_NOT_ACCEPTABLE;
    }
    set_up_rings();
    io_write32(io, HDA_INTCTL, HDA_INTCTL_ALL | stream_bit);
    return OK;
}

unsigned controller_codecs(void) {
    return codecs;
}

/// Takes the next answer out of the ring, if there is one, and tells the controller that there is room.
static bool take_answer(struct hda_answer *answer) {
    if (io_read16(io, HDA_RIRB_WRITE) % num_answers == next_answer) {
        return false;
    }
    next_answer = (next_answer + 1) % num_answers;
    dma_flush_read(rings);
    const volatile struct hda_answer *ring = (void *) (dma_buf(rings) + ANSWERS_AT);
    answer->value = ring[next_answer].value;
    answer->from = ring[next_answer].from;
    io_write8(io, HDA_RIRB_STS, HDA_RIRB_STS_ALL);
    return true;
}

error_t controller_command(unsigned codec, unsigned nid, uint32_t verb, uint32_t *answer) {
    next_command = (next_command + 1) % num_commands;
    volatile uint32_t *ring = (void *) dma_buf(rings);
    ring[next_command] = (codec << 28) | (nid << 20) | verb;
    dma_flush_write(rings);
    io_write16(io, HDA_CORB_WRITE, (uint16_t) next_command);

    uint64_t deadline = timer_uptime() + COMMAND_TIMEOUT_MS;
    struct hda_answer got;
    do {
        if (take_answer(&got) && !(got.from & HDA_ANSWER_UNSOLICITED)
            && (got.from & 0xf) == codec) {
            *answer = got.value;
            return OK;
        }
    } while (timer_uptime() <= deadline);
    *answer = 0;
    return ERR_IO;
}

// ---- The stream -------------------------------------------------------------------------------------

error_t controller_set_up_stream(paddr_t list_daddr, unsigned num_entries, uint32_t list_len,
                                 uint16_t format) {
    io_write8(io, stream + HDA_STREAM_CTL, 0);
    io_write8(io, stream + HDA_STREAM_CTL, HDA_STREAM_CTL_RESET);
    error_t err = wait_for(stream, HDA_STREAM_CTL_RESET, HDA_STREAM_CTL_RESET);
    if (IS_OK(err)) {
        io_write8(io, stream + HDA_STREAM_CTL, 0);
        err = wait_for(stream, HDA_STREAM_CTL_RESET, 0);
    }
    if (IS_OK(err)) {
        io_write8(io, stream + HDA_STREAM_TAG, STREAM_TAG << 4);
        io_write32(io, stream + HDA_STREAM_LEN, list_len);
        io_write16(io, stream + HDA_STREAM_LAST, (uint16_t) (num_entries - 1));
        io_write16(io, stream + HDA_STREAM_FORMAT, format);
        io_write32(io, stream + HDA_STREAM_LIST_LOW, (uint32_t) list_daddr);
        io_write32(io, stream + HDA_STREAM_LIST_HIGH, (uint32_t) ((uint64_t) list_daddr >> 32));
    }
    return err;
}

void controller_run_stream(bool run) {
    io_write8(io, stream + HDA_STREAM_CTL, run ? HDA_STREAM_CTL_RUNS | HDA_STREAM_CTL_IRQ : 0);
}

uint32_t controller_stream_position(void) {
    return io_read32(io, stream + HDA_STREAM_POSITION);
}

bool controller_handle_interrupt(void) {
    if (!(io_read32(io, HDA_INTSTS) & stream_bit)) {
        return false;
    }
    io_write8(io, stream + HDA_STREAM_STS, HDA_STREAM_STS_ALL);
    return true;
}
