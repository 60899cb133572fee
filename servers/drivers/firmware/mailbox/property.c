#include "property.h"

#include <driver/dma.h>
#include <driver/io.h>
#include <resea/timer.h>
#include <string.h>

#include "registers.h"

static io_t io;
static dma_t dma;
/// The firmware hasn't answered yet: the buffer is its, not ours.
static bool pending;

static bool is_empty(void) {
    return (io_read32(io, MAILBOX0_STATUS) & STATUS_EMPTY) != 0;
}

static bool is_full(void) {
    return (io_read32(io, MAILBOX1_STATUS) & STATUS_FULL) != 0;
}

error_t property_init(void) {
    io = io_alloc_memory_fixed(MAILBOX_PADDR, MAILBOX_LEN, IO_ALLOC_NORMAL);
    // A page: no other data shares its cache lines, and it is aligned as the mailbox needs it.
    dma = dma_alloc(PROPERTY_WORDS_MAX * sizeof(uint32_t), DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    if (io == NULL || dma == NULL) {
        return ERR_NO_MEMORY;
    }

    pending = false;
    while (!is_empty()) {
        (void) io_read32(io, MAILBOX0_READ);
    }
    return OK;
}

static volatile uint32_t *buffer(void) {
    return (volatile uint32_t *) dma_vaddr(dma);
}

/// What goes through the mailbox in both directions.
static uint32_t mail(void) {
    return ((uint32_t) dma_daddr(dma) | BUS_UNCACHED) | CHANNEL_PROPERTY;
}

/// Takes what has come. An answer left over from before a restart may name the same address: only if
/// the firmware has written the code is it the one to this request.
static bool take_answer(void) {
    if (is_empty() || io_read32(io, MAILBOX0_READ) != mail()) {
        return false;
    }
    dma_flush_read(dma);
    return buffer()[BUFFER_CODE] != CODE_REQUEST;
}

/// Polls: an answer takes less time than going to sleep and being woken would.
static error_t __mustuse wait_for_answer(void) {
    uint64_t deadline = timer_uptime() + PROPERTY_TIMEOUT_MS;
    while (!take_answer()) {
        if (timer_uptime() > deadline) {
            return ERR_TRY_AGAIN;
        }
    }
    pending = false;
    return OK;
}

static error_t __mustuse wait_for_room(void) {
    uint64_t deadline = timer_uptime() + PROPERTY_TIMEOUT_MS;
    while (is_full()) {
        if (timer_uptime() > deadline) {
            return ERR_TRY_AGAIN;
        }
    }
    return OK;
}

static size_t words_of(const struct property_tag *tags, size_t num_tags) {
    size_t words = BUFFER_TAGS + 1;
    for (size_t i = 0; i < num_tags; i++) {
        words += TAG_VALUES + tags[i].num_values;
    }
    return words;
}

static void compose(const struct property_tag *tags, size_t num_tags, size_t words) {
    volatile uint32_t *buf = buffer();
    buf[BUFFER_SIZE] = (uint32_t) (words * sizeof(uint32_t));
    buf[BUFFER_CODE] = CODE_REQUEST;
    volatile uint32_t *next = &buf[BUFFER_TAGS];
    for (size_t i = 0; i < num_tags; i++) {
        next[TAG_ID] = tags[i].id;
        next[TAG_SIZE] = (uint32_t) (tags[i].num_values * sizeof(uint32_t));
        next[TAG_CODE] = 0;
        for (size_t j = 0; j < tags[i].num_values; j++) {
            next[TAG_VALUES + j] = tags[i].values[j];
        }
        next += TAG_VALUES + tags[i].num_values;
    }
    *next = TAG_END;
}

/// Places and lengths are those of the request: the firmware changes neither.
static error_t __mustuse take_values(const struct property_tag *tags, size_t num_tags) {
    volatile uint32_t *next = &buffer()[BUFFER_TAGS];
    for (size_t i = 0; i < num_tags; i++) {
        uint32_t code = next[TAG_CODE];
        if (!(code & TAG_ANSWERED)
            || (code & TAG_LEN_MASK) < tags[i].num_answers * sizeof(uint32_t)) {
            return ERR_UNAVAILABLE;
        }
        for (size_t j = 0; j < tags[i].num_values; j++) {
            tags[i].values[j] = next[TAG_VALUES + j];
        }
        next += TAG_VALUES + tags[i].num_values;
    }
    return OK;
}

error_t property_call(const struct property_tag *tags, size_t num_tags) {
    size_t words = words_of(tags, num_tags);
    if (words > PROPERTY_WORDS_MAX) {
        return ERR_TOO_LARGE;
    }
    error_t err = pending ? wait_for_answer() : OK;
    if (err == OK) {
        err = wait_for_room();
    }
    if (err != OK) {
        return err;
    }

    compose(tags, num_tags, words);
    dma_flush_write(dma);
    pending = true;
    io_write32(io, MAILBOX1_WRITE, mail());
    err = wait_for_answer();
    if (err != OK) {
        return err;
    }
    return (buffer()[BUFFER_CODE] == CODE_SUCCESS) ? take_values(tags, num_tags)
                                                   : ERR_NOT_ACCEPTABLE;
}
