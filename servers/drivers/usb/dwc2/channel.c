/// \file
/// Transfers on channels. A channel does a run of packets by itself and then halts: after each halt, what was moved and
/// what is to be done next is decided here.
///
/// Who answers NAK: on bulk and control endpoints, the controller asks again by itself. An interrupt endpoint is left
/// alone for its period, without a channel, by a timer: no frame costs an instruction in between.
///
/// Splits (USB 2.0, section 11.14 to 11.20): for a slower device, a packet is first handed to the hub of high speed (start
/// split) and then fetched from it (complete split), both by software, one packet at a time.

#include <message.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "dwc2.h"
#include "registers.h"

/// Channels that bulk transfers leave to others: a device that never sends what is waited for keeps one busy.
#define SPARE 3
/// Section 10.2.6: so many errors in a row end a transfer.
#define ERRORS_MAX 3
/// How soon a device behind a translating hub that answered NAK is asked again.
#define NAK_RETRY_MS    1
#define HALT_TIMEOUT_MS 2
/// Section 11.18.3: microframes from a start split to the last complete split.
#define SPLIT_FRAMES 5

enum stage {
    STAGE_SETUP,
    STAGE_DATA,
    STAGE_STATUS
};

/// What is kept of a transfer: in its `hc`.
struct job {
    list_elem_t next;  ///< Among those that wait for a channel or for a frame.
    struct usb_timer timer;
    uint64_t
        not_before;    ///< Interrupt endpoints: when it may be asked again. Outlives the transfer.
    uint32_t done;     ///< Bytes of the data.
    uint32_t chunk;    ///< Bytes that the channel was told to move.
    uint16_t packets;  ///< The same in packets.
    uint16_t frame;    ///< Of the start split.
    uint8_t stage;
    uint8_t errors;
    uint8_t channel;  ///< Its number + 1; 0: none.
    bool fetching;    ///< Complete split.
};
STATIC_ASSERT(sizeof(struct job) <= USB_HC_WORDS * sizeof(uint64_t), "a job lies in a transfer");

struct channel {
    struct usb_transfer *transfer;  ///< NULL: it is free.
    bool halting;                   ///< It was told to halt, and hasn't.
};

static struct channel channels[CHANNELS_MAX];
static unsigned num_channels;
static list_t waiting;
/// Periodic splits that wait for the right microframe.
static list_t frame_waiters;
/// Where a channel that isn't used points.
static dma_t scratch;

static void run(struct usb_transfer *transfer);
static void run_next(void);

static struct job *job_of(struct usb_transfer *transfer) {
    return (struct job *) transfer->hc;
}

static struct usb_transfer *transfer_of(struct job *job) {
    return LIST_CONTAINER(job, struct usb_transfer, hc);
}

static bool is_periodic(const struct usb_transfer *transfer) {
    return transfer->endpoint->type == USB_TRANSFER_TYPE_INTERRUPT;
}

static bool is_split(const struct usb_transfer *transfer) {
    return transfer->endpoint->hub_address != 0;
}

static uint32_t bus_address(dma_t dma, uint32_t offset) {
    return ((uint32_t) dma_daddr(dma) + offset) | BUS_UNCACHED;
}

// ---- Channels -----------------------------------------------------------------------------------

/// QEMU 7.2 goes on with a channel whose device had answered NAK when it was told to halt: what then comes goes
/// nowhere.
static void make_idle(unsigned n) {
    dwc2_write(HCINTMSK(n), 0);
    dwc2_write(HCINT(n), HCINT_ALL);
    dwc2_write(HCTSIZ(n), 0);
    dwc2_write(HCDMA(n), bus_address(scratch, 0));
}

static void release(struct job *job) {
    if (job->channel != 0) {
        unsigned n = job->channel - 1u;
        job->channel = 0;
        channels[n].transfer = NULL;
        make_idle(n);
    }
}

static bool get_channel(struct usb_transfer *transfer) {
    unsigned first = (transfer->endpoint->type == USB_TRANSFER_TYPE_BULK) ? SPARE : 0;
    for (unsigned n = first; n < num_channels; n++) {
        if (channels[n].transfer == NULL && !channels[n].halting) {
            channels[n].transfer = transfer;
            job_of(transfer)->channel = (uint8_t) (n + 1);
            return true;
        }
    }
    return false;
}

/// The device uses the buffer no more when this returns, unless the controller is broken.
static void halt(unsigned n) {
    uint32_t character = dwc2_read(HCCHAR(n));
    if (!(character & HCCHAR_ENABLE)) {
        return;
    }
    dwc2_write(HCCHAR(n), character | HCCHAR_ENABLE | HCCHAR_DISABLE);
    uint64_t deadline = timer_uptime() + HALT_TIMEOUT_MS;
    while (!(dwc2_read(HCINT(n)) & HCINT_HALTED)) {
        if (timer_uptime() > deadline) {
            WARN("channel %u doesn't halt", n);
            channels[n].halting = true;
            return;
        }
    }
}

error_t channels_init(unsigned num) {
    num_channels = MIN(num, CHANNELS_MAX);
    list_init(&waiting);
    list_init(&frame_waiters);
    bzero(channels, sizeof(channels));
    scratch = dma_alloc(PAGE_SIZE, DMA_ALLOC_FROM_DEV);
    if (scratch == NULL) {
        return ERR_NO_MEMORY;
    }
    for (unsigned n = 0; n < num_channels; n++) {
        halt(n);
        make_idle(n);
    }
    dwc2_write(HAINTMSK, (1u << num_channels) - 1);
    return OK;
}

// ---- What a channel is told ---------------------------------------------------------------------

static bool moves_in(const struct usb_transfer *transfer, const struct job *job) {
    if (transfer->endpoint->type != USB_TRANSFER_TYPE_CONTROL) {
        return transfer->endpoint->in;
    }
    switch (job->stage) {
    case STAGE_SETUP:
        return false;
    case STAGE_DATA:
        return transfer->in;
    default:
        // Section 8.5.3: the other direction than the data; towards the host if there is none.
        return transfer->length == 0 || !transfer->in;
    }
}

static uint32_t pid(const struct usb_transfer *transfer, const struct job *job) {
    const struct usb_endpoint *endpoint = transfer->endpoint;
    if (endpoint->type == USB_TRANSFER_TYPE_CONTROL && job->stage == STAGE_SETUP) {
        return PID_SETUP;
    }
    if (endpoint->type == USB_TRANSFER_TYPE_CONTROL && job->stage == STAGE_STATUS) {
        return PID_DATA1;
    }
    return (*endpoint->toggles >> endpoint->number & 1) ? PID_DATA1 : PID_DATA0;
}

/// Where the next bytes are in the buffer, and how many are left of this stage.
static uint32_t next_bytes(const struct usb_transfer *transfer, const struct job *job,
                           uint32_t *offset) {
    *offset = job->done;
    if (transfer->endpoint->type != USB_TRANSFER_TYPE_CONTROL) {
        return transfer->length - job->done;
    }
    *offset = (job->stage == STAGE_SETUP) ? 0 : USB_CONTROL_DATA + job->done;
    switch (job->stage) {
    case STAGE_SETUP:
        return USB_SETUP_LEN;
    case STAGE_DATA:
        return transfer->length - job->done;
    default:
        return 0;
    }
}

/// How much of it at once. The device can only be asked for whole packets.
static void plan_chunk(struct usb_transfer *transfer, struct job *job, uint32_t left, bool in) {
    uint32_t packet = transfer->endpoint->max_packet;
    uint32_t packets_max =
        is_split(transfer) ? 1 : MIN(CHUNK_PACKETS_MAX, CHUNK_BYTES_MAX / packet);
    uint32_t packets = MIN(MAX((left + packet - 1) / packet, 1), packets_max);
    job->packets = (uint16_t) packets;
    job->chunk = MIN(left, packets * packet);
    if (in && left > 0) {
        job->chunk = packets * packet;
    }
}

static uint32_t characteristics(const struct usb_transfer *transfer, bool in) {
    const struct usb_endpoint *endpoint = transfer->endpoint;
    // Of a split, it is how often the controller tries again by itself.
    uint32_t packets = is_split(transfer) ? 3 : MAX(endpoint->packets, 1);
    if (!is_periodic(transfer) && !is_split(transfer)) {
        packets = 1;
    }
    uint32_t value = endpoint->max_packet | HCCHAR_NUMBER(endpoint->number)
                     | HCCHAR_TYPE(endpoint->type) | HCCHAR_PACKETS(packets)
                     | HCCHAR_ADDRESS(endpoint->address) | HCCHAR_ENABLE;
    value |= in ? HCCHAR_IN : 0;
    value |= (endpoint->speed == USB_SPEED_LOW) ? HCCHAR_LOW_SPEED : 0;
    // In the next frame: its number is the other one of even and odd.
    value |= (is_periodic(transfer) && !(dwc2_read(HFNUM) & 1)) ? HCCHAR_ODD_FRAME : 0;
    return value;
}

static uint32_t split(const struct usb_transfer *transfer, const struct job *job) {
    if (!is_split(transfer)) {
        return 0;
    }
    return HCSPLT_ENABLE | HCSPLT_ALL | HCSPLT_HUB(transfer->endpoint->hub_address)
           | transfer->endpoint->hub_port | (job->fetching ? HCSPLT_COMPLETE : 0);
}

static void enable(struct usb_transfer *transfer) {
    struct job *job = job_of(transfer);
    unsigned n = job->channel - 1u;
    bool in = moves_in(transfer, job);
    uint32_t offset;
    uint32_t left = next_bytes(transfer, job, &offset);
    plan_chunk(transfer, job, left, in);
    // What is sent went with the start split.
    uint32_t size = (job->fetching && !in) ? 0 : job->chunk;

    dwc2_write(HCINT(n), HCINT_ALL);
    dwc2_write(HCINTMSK(n), HCINT_HALTED);
    dwc2_write(HCTSIZ(n),
               size | HCTSIZ_SET_PACKETS(job->packets) | HCTSIZ_SET_PID(pid(transfer, job)));
    dwc2_write(HCDMA(n), bus_address(transfer->dma, offset));
    dwc2_write(HCSPLT(n), split(transfer, job));
    dwc2_write(HCCHAR(n), characteristics(transfer, in));
}

// ---- The right microframe -----------------------------------------------------------------------

static uint16_t now(void) {
    return (uint16_t) (dwc2_read(HFNUM) & HFNUM_MASK);
}

static unsigned frames_since(uint16_t frame) {
    return (now() - (unsigned) frame) & HFNUM_MASK;
}

/// Section 11.18.4: what begins in the first four microframes is over before the frame is. What is enabled now goes out
/// in the next one. The hub has the answer two microframes after the start split at the earliest.
static bool is_right_frame(const struct job *job) {
    return job->fetching ? frames_since(job->frame) >= 1 : ((now() + 1u) & 7) < 4;
}

static void enable_in_time(struct usb_transfer *transfer) {
    struct job *job = job_of(transfer);
    if (!is_periodic(transfer) || !is_split(transfer)) {
        enable(transfer);
    } else if (is_right_frame(job)) {
        if (!job->fetching) {
            job->frame = (uint16_t) ((now() + 1u) & HFNUM_MASK);
        }
        enable(transfer);
    } else {
        list_push_back(&frame_waiters, &job->next);
        dwc2_watch_frames(true);
    }
}

void channels_frame(void) {
    list_t ready;
    list_init(&ready);
    LIST_FOR_EACH (job, &frame_waiters, struct job, next) {
        if (is_right_frame(job)) {
            list_remove(&job->next);
            list_push_back(&ready, &job->next);
        }
    }
    struct job *job;
    while ((job = LIST_POP_FRONT(&ready, struct job, next)) != NULL) {
        enable_in_time(transfer_of(job));
    }
    if (list_is_empty(&frame_waiters)) {
        dwc2_watch_frames(false);
    }
}

// ---- What became of it --------------------------------------------------------------------------

static void finish(struct usb_transfer *transfer, error_t status) {
    struct job *job = job_of(transfer);
    release(job);
    run_next();
    usb_complete(transfer, status, job->done);
}

static void wake(struct usb_timer *timer) {
    run(transfer_of(LIST_CONTAINER(timer, struct job, timer)));
}

/// Asks again later, and meanwhile leaves the channel to others.
static void sleep(struct usb_transfer *transfer, msec_t ms) {
    struct job *job = job_of(transfer);
    job->fetching = false;
    release(job);
    usb_timer_start(&job->timer, ms, wake);
    run_next();
}

static void save_toggle(const struct usb_transfer *transfer, const struct job *job, uint32_t size) {
    const struct usb_endpoint *endpoint = transfer->endpoint;
    if (endpoint->type == USB_TRANSFER_TYPE_CONTROL && job->stage != STAGE_DATA) {
        return;
    }
    uint16_t bit = (uint16_t) (1u << endpoint->number);
    *endpoint->toggles &= (uint16_t) ~bit;
    *endpoint->toggles |= (HCTSIZ_PID(size) == PID_DATA1) ? bit : 0;
}

/// Bytes that the channel has moved, whether all went well or not.
static uint32_t moved(const struct usb_transfer *transfer, const struct job *job, uint32_t size,
                      uint32_t reasons, bool in) {
    if (in) {
        uint32_t left = HCTSIZ_SIZE(size);
        return (left <= job->chunk) ? job->chunk - left : 0;
    }
    if (reasons & HCINT_COMPLETE) {
        return job->chunk;
    }
    uint32_t left = HCTSIZ_PACKETS(size);
    uint32_t packets = (left <= job->packets) ? job->packets - left : 0;
    return MIN(job->chunk, packets * transfer->endpoint->max_packet);
}

/// A stage's end begins the next one.
static void end_stage(struct usb_transfer *transfer) {
    struct job *job = job_of(transfer);
    if (transfer->endpoint->type != USB_TRANSFER_TYPE_CONTROL || job->stage == STAGE_STATUS) {
        finish(transfer, OK);
        return;
    }
    bool has_data = job->stage == STAGE_SETUP && transfer->length > 0;
    job->stage = has_data ? STAGE_DATA : STAGE_STATUS;
    // Section 8.5.3: the data begins with DATA1.
    *transfer->endpoint->toggles |= (uint16_t) (1u << transfer->endpoint->number);
    enable(transfer);
}

static void completed(struct usb_transfer *transfer, uint32_t bytes, bool in) {
    struct job *job = job_of(transfer);
    bool is_data =
        transfer->endpoint->type != USB_TRANSFER_TYPE_CONTROL || job->stage == STAGE_DATA;
    bool is_short = in && bytes < job->chunk;
    if (is_data && job->done < transfer->length && !is_short) {
        enable_in_time(transfer);
    } else {
        end_stage(transfer);
    }
}

static void failed(struct usb_transfer *transfer) {
    struct job *job = job_of(transfer);
    job->fetching = false;
    if (++job->errors >= ERRORS_MAX) {
        finish(transfer, ERR_IO);
    } else {
        enable_in_time(transfer);
    }
}

/// A split's halt that isn't its end. False: it is.
static bool continue_split(struct usb_transfer *transfer, uint32_t reasons) {
    struct job *job = job_of(transfer);
    bool last = is_periodic(transfer) && frames_since(job->frame) > SPLIT_FRAMES;
    if (!job->fetching && (reasons & HCINT_ACK)) {
        job->fetching = true;
    } else if (job->fetching && (reasons & HCINT_NYET) && !last) {
        // The hub hasn't got the answer yet.
    } else if (job->fetching && (reasons & HCINT_NYET)) {
        sleep(transfer, transfer->endpoint->period);
        return true;
    } else {
        return false;
    }
    enable_in_time(transfer);
    return true;
}

static void refused(struct usb_transfer *transfer) {
    sleep(transfer, is_periodic(transfer) ? transfer->endpoint->period : NAK_RETRY_MS);
}

static void handle_halt(struct usb_transfer *transfer, uint32_t reasons, uint32_t size) {
    struct job *job = job_of(transfer);
    bool in = moves_in(transfer, job);
    if (reasons & HCINT_STALL) {
        finish(transfer, ERR_NOT_ACCEPTABLE);
        return;
    }
    if (reasons & (HCINT_BABBLE | HCINT_AHB_ERROR)) {
        finish(transfer, ERR_IO);
        return;
    }
    if (is_split(transfer) && !(reasons & (HCINT_COMPLETE | HCINT_ERROR | HCINT_NAK))
        && continue_split(transfer, reasons)) {
        return;
    }

    // Nothing moves before the complete split.
    uint32_t bytes = (is_split(transfer) && !(reasons & HCINT_COMPLETE))
                         ? 0
                         : moved(transfer, job, size, reasons, in);
    save_toggle(transfer, job, size);
    if (job->stage == STAGE_DATA) {
        job->done += MIN(bytes, transfer->length - job->done);
    }
    job->errors = (bytes > 0) ? 0 : job->errors;
    if (reasons & HCINT_COMPLETE) {
        job->fetching = false;
        completed(transfer, bytes, in);
    } else if (reasons & HCINT_NAK) {
        refused(transfer);
    } else if (reasons & HCINT_OVERRUN) {
        // The frame was full.
        enable_in_time(transfer);
    } else {
        failed(transfer);
    }
}

void channels_halted(uint32_t halted) {
    for (unsigned n = 0; n < num_channels; n++) {
        if (!(halted & 1u << n)) {
            continue;
        }
        uint32_t reasons = dwc2_read(HCINT(n));
        uint32_t size = dwc2_read(HCTSIZ(n));
        dwc2_write(HCINT(n), reasons);
        if (channels[n].halting && (reasons & HCINT_HALTED)) {
            channels[n].halting = false;
            make_idle(n);
            run_next();
        } else if (channels[n].transfer != NULL) {
            handle_halt(channels[n].transfer, reasons, size);
        }
    }
}

// ---- From and to the core -----------------------------------------------------------------------

static void run(struct usb_transfer *transfer) {
    struct job *job = job_of(transfer);
    if (!get_channel(transfer)) {
        list_push_back(&waiting, &job->next);
        return;
    }
    if (is_periodic(transfer)) {
        job->not_before = timer_uptime() + (uint64_t) transfer->endpoint->period;
    }
    enable_in_time(transfer);
}

/// A channel is free: for the first that can use it.
static void run_next(void) {
    LIST_FOR_EACH (job, &waiting, struct job, next) {
        struct usb_transfer *transfer = transfer_of(job);
        if (get_channel(transfer)) {
            list_remove(&job->next);
            enable_in_time(transfer);
            return;
        }
    }
}

void channels_start(struct usb_transfer *transfer) {
    struct job *job = job_of(transfer);
    job->done = 0;
    job->errors = 0;
    job->fetching = false;
    job->stage = (transfer->endpoint->type == USB_TRANSFER_TYPE_CONTROL) ? STAGE_SETUP : STAGE_DATA;
    uint64_t time = timer_uptime();
    if (is_periodic(transfer) && job->not_before > time) {
        usb_timer_start(&job->timer, (msec_t) (job->not_before - time), wake);
    } else {
        run(transfer);
    }
}

void channels_cancel(struct usb_transfer *transfer) {
    struct job *job = job_of(transfer);
    usb_timer_stop(&job->timer);
    if (list_is_linked(&job->next)) {
        list_remove(&job->next);
    }
    if (job->channel != 0) {
        halt(job->channel - 1u);
        release(job);
        run_next();
    }
}
