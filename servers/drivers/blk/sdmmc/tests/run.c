#include "run.h"

#include <string.h>
#include <unittest.h>

#include "../channel.h"
#include "../transfer.h"
#include "fake_card.h"
#include "fake_dma.h"

/// Interrupts and timers that an operation may need at most: a second of settling every two milliseconds, and another one of
/// powering up, for each attempt.
#define EVENTS_MAX 5000

struct run_piece run_pieces[4];
unsigned run_completions;
bool run_with_dma;

static struct blk_op op;
static error_t result;

size_t blk_piece_len(const struct blk_op *of, unsigned piece) {
    TEST_EXPECT_LT(piece, of->num_pieces);
    return run_pieces[piece].len;
}

paddr_t blk_piece_paddr(const struct blk_op *of, unsigned piece) {
    TEST_EXPECT_LT(piece, of->num_pieces);
    return FAKE_MEMORY_PADDR + run_pieces[piece].place;
}

uint8_t *blk_piece_buf(const struct blk_op *of, unsigned piece) {
    TEST_EXPECT_LT(piece, of->num_pieces);
    return &fake_memory[run_pieces[piece].place];
}

void blk_server_complete(struct blk_op *done, error_t err) {
    TEST_EXPECT_EQ(done, &op);
    run_completions++;
    result = err;
}

void run_insert(bool high_capacity) {
    fake_insert_card(high_capacity);
    memset(fake_memory, 0xee, sizeof(fake_memory));
}

void run_identify(void) {
    struct card card;
    TEST_EXPECT_EQ(emmc_init(250000000), OK);
    TEST_EXPECT_EQ(channel_init(1u << FAKE_DMA_CHANNEL | 1u << 5), OK);
    card_begin(&card);
    TEST_EXPECT_EQ(card_identify(&card), OK);
    transfer_init(&card, run_with_dma);
    bzero(fake.num_commands, sizeof(fake.num_commands));
    fake.timer_ms = 0;
}

error_t run_op(enum blk_op_kind kind, uint64_t sector, unsigned num_pieces) {
    op = (struct blk_op){.kind = kind, .sector = sector, .num_pieces = num_pieces};
    for (unsigned i = 0; i < num_pieces; i++) {
        op.count += (uint32_t) (run_pieces[i].len / EMMC_BLOCK_LEN);
    }
    run_completions = 0;
    transfer_submit(&op);
    for (int i = 0; i < EVENTS_MAX && run_completions == 0; i++) {
        if (fake_interrupts()) {
            transfer_interrupt();
        } else {
            TEST_EXPECT(fake_timer_runs_out());
            transfer_timer();
        }
    }
    TEST_EXPECT_EQ(run_completions, 1);
    TEST_EXPECT(result != OK || kind == BLK_OP_WRITE || fake.unseen == 0);
    return result;
}

error_t run_one(enum blk_op_kind kind, uint64_t sector, size_t len) {
    run_pieces[0] = (struct run_piece){RUN_PLACE, len};
    return run_op(kind, sector, 1);
}
