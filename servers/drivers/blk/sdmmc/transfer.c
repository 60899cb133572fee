#include "transfer.h"

#include <driver/dma.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "channel.h"

enum state {
    IDLE,
    DATA,      ///< Blocks come or go.
    BUSY,      ///< They have; the card writes.
    SETTLE,    ///< It failed: until the card is ready again.
    IDENTIFY,  ///< It doesn't answer: until it has been found anew.
};

static struct card card;
/// False: the last operation found no card, or another one.
static bool has_card;
/// What was said about that.
static const char *lost_because;
static bool use_dma;

static enum state state;
static struct blk_op *op;
static unsigned attempts;
static unsigned steps;
static unsigned silence;
static bool identified;  ///< For this operation, once.
static struct card newcomer;

/// Where the next block belongs, and how many there are still. The pieces are other tasks' memory: blocks are moved,
/// and not looked at.
static uint32_t blocks_left;
static unsigned piece;
static size_t place;

/// The timer runs, to tell that nothing goes on; something has, since it was set.
static bool watching, watched;

static void begin(void);
static void find_card(void);

static bool is_write(void) {
    return op->kind == BLK_OP_WRITE;
}

static void listen(void) {
    uint32_t by_block = use_dma ? 0 : EVENT_READ_READY | EVENT_WRITE_READY;
    emmc_listen(EVENT_DATA_DONE | EVENT_DATA_FAILS | by_block);
}

static void use(const struct card *ready) {
    card = *ready;
    has_card = true;
    lost_because = NULL;
    listen();
}

void transfer_init(const struct card *ready, bool with_dma) {
    use_dma = with_dma;
    state = IDLE;
    watching = false;
    use(ready);
}

static void watch(void) {
    watched = true;
    if (!watching) {
        watching = true;
        ASSERT_OK(timer_set(TRANSFER_TIMEOUT_MS));
    }
}

static void sleep(msec_t ms) {
    watching = false;
    ASSERT_OK(timer_set(ms));
}

/// The next operation may be submitted in here.
static void finish(error_t err) {
    struct blk_op *done = op;
    if (err != OK && has_card) {
        WARN("sectors %llu to %llu: %s failed", (unsigned long long) done->sector,
             (unsigned long long) done->sector + done->count - 1,
             is_write() ? "writing" : "reading");
    }
    state = IDLE;
    op = NULL;
    blk_server_complete(done, err);
}

// ---- When it goes wrong ---------------------------------------------------------------------------

/// The attempt has failed.
static void fail(void) {
    channel_stop();
    // Lines that stay stuck make the next command fail.
    (void) emmc_reset_lines();
    state = SETTLE;
    steps = 0;
    silence = 0;
    sleep(TRANSFER_SETTLE_MS);
}

static void fail_dma(const char *how) {
    WARN("DMA %s; from now on the CPU moves the data", how);
    use_dma = false;
    listen();
    fail();
}

static void lose_card(const char *why) {
    if (why != lost_because) {
        WARN("%s", why);
    }
    lost_because = why;
    has_card = false;
    finish(ERR_IO);
}

static void retry(void) {
    if (attempts == TRANSFER_ATTEMPTS) {
        finish(ERR_IO);
        return;
    }
    if (attempts == TRANSFER_ATTEMPTS - 1 && card.high_speed) {
        WARN("too many errors at 50 MHz; the card's clock is 25 MHz from now on");
        if (card_slow_down(&card) != OK) {
            find_card();
            return;
        }
    }
    begin();
}

/// Looks what the card does after a failure, and tells it to end that.
static void settle(void) {
    uint32_t status = 0;
    steps++;
    error_t err = card_status(&card, &status);
    silence = (err == OK) ? 0 : silence + 1;
    if (silence == TRANSFER_SILENCE_MAX || steps == TRANSFER_SETTLE_STEPS) {
        find_card();
        return;
    }

    unsigned card_state = SD_STATUS_STATE(status);
    if (err == OK && card_state == SD_STATE_TRANSFER && (status & SD_STATUS_READY)) {
        retry();
        return;
    }
    if (err == OK && (card_state == SD_STATE_DATA || card_state == SD_STATE_RECEIVE)) {
        // Whether it obeys is seen in its status.
        (void) emmc_command(SD_STOP_READ, 0);
    }
    sleep(TRANSFER_SETTLE_MS);
}

static void find_card(void) {
    if (identified) {
        finish(ERR_IO);
        return;
    }
    identified = true;
    emmc_listen(0);
    card_begin(&newcomer);
    state = IDENTIFY;
    sleep(CARD_STEP_MS);
}

static void identify(void) {
    error_t err = card_identify(&newcomer);
    if (err == ERR_TRY_AGAIN) {
        sleep(CARD_STEP_MS);
        return;
    }
    if (err != OK) {
        lose_card("the card doesn't answer any more");
        return;
    }
    if (!card_is_same(&card, &newcomer)) {
        lose_card("this is another card; it can be used when the driver has been started anew");
        return;
    }
    if (!has_card) {
        INFO("the card is back");
    }
    use(&newcomer);
    retry();
}

// ---- When it goes well ----------------------------------------------------------------------------

/// Cards address blocks or bytes; sd_read_csd has seen to it that it fits.
static uint32_t card_address(void) {
    return (uint32_t) (card.high_capacity ? op->sector : op->sector * EMMC_BLOCK_LEN);
}

static void flush_pieces(void (*flush)(const void *buf, size_t len)) {
    for (unsigned i = 0; i < op->num_pieces; i++) {
        flush(blk_piece_buf(op, i), blk_piece_len(op, i));
    }
}

static error_t __mustuse prepare_dma(void) {
    channel_clear();
    for (unsigned i = 0; i < op->num_pieces; i++) {
        error_t err = channel_add(blk_piece_paddr(op, i), blk_piece_len(op, i));
        if (err != OK) {
            return err;
        }
    }
    flush_pieces(dma_flush_write_at);
    return OK;
}

static error_t __mustuse send_command(void) {
    if (op->count == 1) {
        return card_command(is_write() ? SD_WRITE_SINGLE : SD_READ_SINGLE, card_address(), 0);
    }
    if (card.has_set_block_count) {
        error_t err = card_command(SD_SET_BLOCK_COUNT, op->count, 0);
        if (err != OK) {
            return err;
        }
    }
    return card_command(is_write() ? SD_WRITE_MULTIPLE : SD_READ_MULTIPLE, card_address(), 0);
}

static void begin(void) {
    attempts++;
    blocks_left = op->count;
    piece = 0;
    place = 0;
    if (use_dma && prepare_dma() != OK) {
        fail_dma("doesn't reach all of memory");
        return;
    }
    emmc_set_blocks(EMMC_BLOCK_LEN, op->count);
    state = DATA;
    watch();
    if (send_command() != OK) {
        fail();
    } else if (use_dma) {
        channel_start(is_write());
    }
}

void transfer_submit(struct blk_op *submitted) {
    op = submitted;
    attempts = 0;
    identified = false;
    if (has_card) {
        begin();
    } else {
        find_card();
    }
}

static void move_block(void) {
    uint8_t *buf = blk_piece_buf(op, piece) + place;
    if (is_write()) {
        emmc_write_block(buf);
    } else {
        emmc_read_block(buf);
    }
    blocks_left--;
    place += EMMC_BLOCK_LEN;
    if (place == blk_piece_len(op, piece)) {
        piece++;
        place = 0;
    }
}

/// Moves blocks for as long as they come at once. Returns all events that there were.
static uint32_t move_blocks(uint32_t events) {
    uint32_t all = events;
    while (blocks_left > 0 && (events & (EVENT_READ_READY | EVENT_WRITE_READY))) {
        move_block();
        events = emmc_take_events();
        all |= events;
    }
    return all;
}

/// All has been read. An error that is reported now may be about the sector behind the last one, which the
/// card had begun to read (4.3.3).
static void end_read(void) {
    bool needs_stop = op->count > 1 && !card.has_set_block_count;
    if (needs_stop && card_command(SD_STOP_READ, 0, SD_STATUS_OUT_OF_RANGE) != OK) {
        fail();
        return;
    }
    if (use_dma) {
        flush_pieces(dma_flush_read_at);
    }
    finish(OK);
}

/// The card isn't busy any more. What it has found out only while it wrote is in its status.
static void end_write(void) {
    uint32_t status = 0;
    if (card_status(&card, &status) != OK || (status & SD_STATUS_ERRORS)
        || SD_STATUS_STATE(status) != SD_STATE_TRANSFER) {
        fail();
        return;
    }
    finish(OK);
}

static void end_data(void) {
    if (use_dma && channel_finish() != OK) {
        fail_dma("has moved less than the card");
    } else if (!use_dma && blocks_left > 0) {
        fail();
    } else if (!is_write()) {
        end_read();
    } else if (op->count > 1 && !card.has_set_block_count) {
        state = BUSY;
        if (card_command(SD_STOP_WRITE, 0, 0) != OK) {
            fail();
        }
    } else {
        end_write();
    }
}

/// Data that is done in the same moment in which it would be too late is done (Host Controller Specification, 2.2.18).
static bool has_failed(uint32_t events) {
    uint32_t fails = events & EVENT_DATA_FAILS;
    return fails != 0 && !(fails == EVENT_DATA_TIMEOUT && (events & EVENT_DATA_DONE));
}

void transfer_interrupt(void) {
    if (state != DATA && state != BUSY) {
        (void) emmc_take_events();
        return;
    }
    uint32_t events = emmc_take_events();
    if (state == DATA && !use_dma) {
        events = move_blocks(events);
    }
    watched = true;
    if (has_failed(events)) {
        fail();
    } else if (events & EVENT_DATA_DONE) {
        if (state == DATA) {
            end_data();
        } else {
            end_write();
        }
    }
}

/// Whether what is under way now was under way when the timer was set.
static void check_watch(void) {
    watching = false;
    if (state == IDLE) {
        return;
    }
    if (watched) {
        watched = false;
        watching = true;
        ASSERT_OK(timer_set(TRANSFER_TIMEOUT_MS));
    } else if (use_dma) {
        fail_dma("stands still");
    } else {
        fail();
    }
}

void transfer_timer(void) {
    switch (state) {
    case SETTLE:
        settle();
        break;
    case IDENTIFY:
        identify();
        break;
    default:
        check_watch();
    }
}
