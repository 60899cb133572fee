#include <blk/server.h>
#include <config.h>
#include <driver/irq.h>
#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "card.h"
#include "channel.h"
#include "emmc.h"
#include "transfer.h"

/// Of one operation: 512 KiB, far below what the controller can count.
#define MAX_SECTORS 1024

#ifdef CONFIG_SDMMC_DMA
#    define WANTS_DMA true
#else
#    define WANTS_DMA false
#endif

/// One card, one operation at a time.
static struct blk_queue queue = {.depth = 1};
static struct blk_disk disk = {
    .sector_size = EMMC_BLOCK_LEN,
    .max_sectors = MAX_SECTORS,
    .max_pieces = CHANNEL_PIECES_MAX,
    .queue = &queue,
};

static const struct blk_driver driver = {
    .submit = transfer_submit,
    .interrupt = transfer_interrupt,
    .timer = transfer_timer,
};

/// Stops what the channel does for a driver before this one, even if it isn't to be used now.
static bool init_dma(task_t mailbox) {
    uint32_t mask;
    error_t err = call_mailbox_dma_channels(mailbox, &mask);
    if (err == OK) {
        err = channel_init(mask);
    }
    if (err != OK) {
        WARN("no DMA (%s); the CPU moves the data", error_name(err));
    }
    return err == OK;
}

/// Power, pins and clock are others' business: the firmware's, and the pins' driver's.
static error_t __mustuse init_controller(task_t mailbox) {
    // A firmware that doesn't know what this is has switched it on before it booted from the card.
    bool on;
    (void) call_mailbox_set_power(mailbox, MAILBOX_DEVICE_SD_CARD, true, &on);
    uint32_t rate, min, max;
    error_t err = call_mailbox_get_clock(mailbox, MAILBOX_CLOCK_EMMC, &rate, &min, &max);
    if (err != OK) {
        return err;
    }
    if (rate == 0) {
        return ERR_NOT_FOUND;
    }
    task_t pins = ipc_lookup("bcm_pins");
    if (IS_ERROR(pins)) {
        return pins;
    }
    err = call_bcm_pins_connect_card(pins);
    return (err == OK) ? emmc_init(rate) : err;
}

static error_t __mustuse find_card(struct card *card) {
    error_t err;
    card_begin(card);
    do {
        timer_sleep(CARD_STEP_MS);
        err = card_identify(card);
    } while (err == ERR_TRY_AGAIN);
    return err;
}

static void serve_card(const struct card *card, bool use_dma) {
    blk_server_init("sd", &driver);
    transfer_init(card, use_dma);
    disk.num_sectors = card->num_sectors;
    disk.writable = !card->write_protected;
    sd_describe(card->cid, card->high_capacity, disk.model, sizeof(disk.model));
    ASSERT_OK(irq_acquire(EMMC_IRQ));
    ASSERT_OK(blk_server_add_disk(&disk));
    blk_server_run();
}

void main(void) {
    task_t mailbox = ipc_lookup("mailbox");
    ASSERT_OK(mailbox);
    bool use_dma = init_dma(mailbox) && WANTS_DMA;
    ASSERT_OK(init_controller(mailbox));

    struct card card;
    error_t err = find_card(&card);
    if (err == OK) {
        serve_card(&card, use_dma);
    }
    // Starting anew wouldn't help: the program ends with status 0. That there is no card is nothing to talk about.
    if (err != ERR_UNAVAILABLE) {
        WARN("the card can't be used (%s)", error_name(err));
    }
}
