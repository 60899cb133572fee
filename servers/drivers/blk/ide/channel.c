#include "channel.h"

#include <driver/delay.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "prd.h"

/// How long a disk may take: to answer to its reset, to be ready for a command, and for a transfer or a flush.
#define RESET_MS       10000
#define READY_MS       200
#define TRANSFER_TICKS (10000 / TICK_MS)
#define FLUSH_TICKS    (30000 / TICK_MS)

/// How a disk is waited for.
#define POLL_FAST_LOOKS 50
#define POLL_SLOW_US    500

/// Sectors of one operation with LBA48: more than clients ask for, and less than the table of pieces has room for.
#define LBA48_MAX_SECTORS 2048

static uint8_t read_reg(const struct channel *channel, offset_t reg) {
    return io_read8(channel->command, reg);
}

static void write_reg(const struct channel *channel, offset_t reg, unsigned value) {
    io_write8(channel->command, reg, (uint8_t) value);
}

static uint8_t read_alt_status(const struct channel *channel) {
    return io_read8(channel->control, REG_ALT_STATUS);
}

static void write_bm(const struct channel *channel, offset_t reg, unsigned value) {
    io_write8(channel->bus_master, channel->bm_offset + reg, (uint8_t) value);
}

static uint8_t read_bm_status(const struct channel *channel) {
    return io_read8(channel->bus_master, channel->bm_offset + BM_STATUS);
}

/// The bus master lets go of memory. The two bits are cleared by writing ones; those that tell what the disks can are kept.
static void stop_bus_master(const struct channel *channel) {
    if (channel->bus_master != NULL) {
        write_bm(channel, BM_COMMAND, 0);
        unsigned status = read_bm_status(channel);
        write_bm(channel, BM_STATUS, status | BM_STATUS_IRQ | BM_STATUS_ERROR);
    }
}

/// Waits until the bits under `mask` are `wanted`. Looks often at first, then less so: an emulator that has to do with the disk
/// what we wait for isn't helped by being asked all the time. However late it has become, there is a last look.
static bool wait_status(const struct channel *channel, unsigned mask, unsigned wanted, msec_t ms) {
    uint64_t deadline = timer_uptime() + (uint64_t) ms;
    bool late = false;
    for (unsigned looks = 0; (read_alt_status(channel) & mask) != wanted; looks++) {
        if (late) {
            return false;
        }
        delay_us((looks < POLL_FAST_LOOKS) ? 1 : POLL_SLOW_US);
        late = timer_uptime() > deadline;
    }
    return true;
}

static void select(const struct channel *channel, const struct drive *drive, unsigned lba_bits) {
    write_reg(channel, REG_DEVICE,
              DEVICE_OBSOLETE | (drive->second ? DEVICE_SECOND : 0) | lba_bits);
    // What the status says is valid 400 ns later.
    delay_us(1);
}

/// ATA/ATAPI-6, section 9.2. False: nobody is there, or wakes up.
static bool reset(const struct channel *channel, unsigned interrupts) {
    stop_bus_master(channel);
    // A reset selects the first drive; QEMU goes on to tell the second one's status, and that nobody is busy where there is none.
    write_reg(channel, REG_DEVICE, DEVICE_OBSOLETE);
    io_write8(channel->control, REG_CONTROL, (uint8_t) (CONTROL_SRST | interrupts));
    delay_us(5);
    io_write8(channel->control, REG_CONTROL, (uint8_t) interrupts);
    delay_us(2000);
    if (read_alt_status(channel) == STATUS_FLOATING) {
        return false;
    }
    bool awake = wait_status(channel, STATUS_BSY, 0, RESET_MS);
    if (!awake) {
        WARN("%s: the disks don't wake up from a reset", channel->name);
    }
    return awake;
}

static bool identify(const struct channel *channel, const struct drive *drive,
                     uint16_t words[IDENTIFY_WORDS]) {
    select(channel, drive, 0);
    uint8_t status = read_alt_status(channel);
    if (status == 0 || status == STATUS_FLOATING
        || !wait_status(channel, STATUS_BSY, 0, READY_MS)) {
        return false;
    }
    if (read_reg(channel, REG_LBA_MID) == ATAPI_MID
        && read_reg(channel, REG_LBA_HIGH) == ATAPI_HIGH) {
        DEBUG("%s: drive %d isn't a disk", channel->name, drive->second);
        return false;
    }
    write_reg(channel, REG_COMMAND, CMD_IDENTIFY);
    delay_us(1);
    if (!wait_status(channel, STATUS_BSY, 0, READY_MS)
        || (read_reg(channel, REG_STATUS) & (STATUS_DRQ | STATUS_ERR | STATUS_DF)) != STATUS_DRQ) {
        return false;
    }
    for (int i = 0; i < IDENTIFY_WORDS; i++) {
        words[i] = io_read16(channel->command, REG_DATA);
    }
    return true;
}

static void describe(struct drive *drive) {
    const struct identity *identity = &drive->identity;
    drive->disk = (struct blk_disk){
        .num_sectors = identity->num_sectors,
        .sector_size = identity->sector_size,
        .max_sectors = identity->lba48 ? LBA48_MAX_SECTORS : LBA28_MAX_SECTORS,
        .max_pieces = BLK_SEGMENTS_MAX,
        .writable = true,
        .needs_flush = identity->flush,
        .queue = &drive->channel->queue,
        .driver_data = drive,
    };
    strncpy2(drive->disk.model, identity->model, sizeof(drive->disk.model));
}

static void find_drive(struct channel *channel, bool second) {
    struct drive *drive = &channel->drives[second];
    drive->channel = channel;
    drive->second = second;
    uint16_t words[IDENTIFY_WORDS];
    if (!identify(channel, drive, words)) {
        return;
    }
    if (IS_ERROR(identify_parse(words, &drive->identity))) {
        WARN("%s: drive %d isn't a disk that can be used", channel->name, second);
        return;
    }
    drive->present = true;
    describe(drive);
}

unsigned channel_init(struct channel *channel) {
    channel->queue.depth = 1;
    if (!reset(channel, CONTROL_NIEN)) {
        return 0;
    }
    find_drive(channel, false);
    find_drive(channel, true);
    (void) read_reg(channel, REG_STATUS);
    io_write8(channel->control, REG_CONTROL, 0);
    return (unsigned) channel->drives[0].present + channel->drives[1].present;
}

/// The disks forget what they were doing.
static void recover(struct channel *channel) {
    bool alive = reset(channel, 0);
    for (int i = 0; i < NUM_DRIVES; i++) {
        struct drive *drive = &channel->drives[i];
        drive->dead = !alive;
    }
}

static void warn_failed(const struct channel *channel, const struct blk_op *op, const char *why) {
    static const char *const names[] = {"reading", "writing", "flushing"};
    WARN("%s: %s %u sectors from %llu on: %s: status %#x, error %#x", op->disk->name,
         names[op->kind], op->count, (unsigned long long) op->sector, why, read_alt_status(channel),
         read_reg(channel, REG_ERROR));
}

static uint8_t choose_command(const struct channel *channel, const struct drive *drive,
                              const struct blk_op *op) {
    bool ext = drive->identity.lba48;
    switch (op->kind) {
    case BLK_OP_FLUSH:
        return drive->identity.flush_ext ? CMD_FLUSH_CACHE_EXT : CMD_FLUSH_CACHE;
    case BLK_OP_READ:
        if (channel->uses_dma) {
            return ext ? CMD_READ_DMA_EXT : CMD_READ_DMA;
        }
        return ext ? CMD_READ_SECTORS_EXT : CMD_READ_SECTORS;
    default:
        if (channel->uses_dma) {
            return ext ? CMD_WRITE_DMA_EXT : CMD_WRITE_DMA;
        }
        return ext ? CMD_WRITE_SECTORS_EXT : CMD_WRITE_SECTORS;
    }
}

/// Count and address. With LBA48, each register takes two bytes, the upper one first.
static void write_address(const struct channel *channel, const struct drive *drive,
                          const struct blk_op *op) {
    uint64_t lba = op->sector;
    if (drive->identity.lba48) {
        write_reg(channel, REG_SECTOR_COUNT, op->count >> 8);
        write_reg(channel, REG_LBA_LOW, (unsigned) (lba >> 24) & 0xff);
        write_reg(channel, REG_LBA_MID, (unsigned) (lba >> 32) & 0xff);
        write_reg(channel, REG_LBA_HIGH, (unsigned) (lba >> 40) & 0xff);
    }
    write_reg(channel, REG_SECTOR_COUNT, op->count & 0xff);
    write_reg(channel, REG_LBA_LOW, (unsigned) lba & 0xff);
    write_reg(channel, REG_LBA_MID, (unsigned) (lba >> 8) & 0xff);
    write_reg(channel, REG_LBA_HIGH, (unsigned) (lba >> 16) & 0xff);
}

/// Prepares the bus master, if the operation can go through it.
static bool prepare_dma(const struct channel *channel, const struct drive *drive,
                        const struct blk_op *op) {
    if (channel->bus_master == NULL || !drive->identity.dma || op->kind == BLK_OP_FLUSH
        || IS_ERROR(prd_fill((volatile struct prd *) dma_buf(channel->prds), op))) {
        return false;
    }
    dma_flush_write(channel->prds);
    // Other commands interrupt, too, which the bus master remembers.
    stop_bus_master(channel);
    io_write32(channel->bus_master, channel->bm_offset + BM_PRD_TABLE,
               (uint32_t) dma_daddr(channel->prds));
    write_bm(channel, BM_COMMAND, (op->kind == BLK_OP_READ) ? BM_COMMAND_READ : 0);
    return true;
}

/// One sector between the disk and the operation's memory.
static void move_sector(struct channel *channel) {
    struct blk_op *op = channel->op;
    uint8_t *buf = blk_piece_buf(op, channel->piece) + channel->piece_done;
    for (size_t i = 0; i < op->disk->sector_size; i += sizeof(uint16_t)) {
        uint16_t word;
        if (op->kind == BLK_OP_READ) {
            word = io_read16(channel->command, REG_DATA);
            memcpy(&buf[i], &word, sizeof(word));
        } else {
            memcpy(&word, &buf[i], sizeof(word));
            io_write16(channel->command, REG_DATA, word);
        }
    }
    channel->sectors_left--;
    channel->piece_done += op->disk->sector_size;
    if (channel->piece_done == blk_piece_len(op, channel->piece)) {
        channel->piece++;
        channel->piece_done = 0;
    }
}

static void end(struct channel *channel, error_t *err, error_t result) {
    channel->op = NULL;
    *err = result;
}

/// What the command needs behind it. False: the disk doesn't take the data.
static bool begin_moving(struct channel *channel) {
    const struct blk_op *op = channel->op;
    if (channel->uses_dma) {
        write_bm(channel, BM_COMMAND,
                 BM_COMMAND_START | ((op->kind == BLK_OP_READ) ? BM_COMMAND_READ : 0));
        return true;
    }
    if (op->kind != BLK_OP_WRITE) {
        return true;
    }
    // The disk doesn't interrupt for the first sector.
    delay_us(1);
    if (!wait_status(channel, STATUS_BSY, 0, READY_MS)
        || (read_alt_status(channel) & (STATUS_DRQ | STATUS_ERR | STATUS_DF)) != STATUS_DRQ) {
        return false;
    }
    move_sector(channel);
    return true;
}

error_t channel_start(struct channel *channel, struct blk_op *op) {
    struct drive *drive = op->disk->driver_data;
    if (drive->dead) {
        return ERR_IO;
    }
    channel->op = op;
    channel->uses_dma = prepare_dma(channel, drive, op);
    channel->ticks_left = (op->kind == BLK_OP_FLUSH) ? FLUSH_TICKS : TRANSFER_TICKS;
    channel->piece = 0;
    channel->piece_done = 0;
    channel->sectors_left = op->count;

    unsigned top = drive->identity.lba48 ? 0 : (unsigned) (op->sector >> 24) & 0xf;
    bool ready = wait_status(channel, STATUS_BSY | STATUS_DRQ, 0, READY_MS);
    if (ready) {
        select(channel, drive, DEVICE_LBA | top);
        ready = wait_status(channel, STATUS_BSY | STATUS_DRQ, 0, READY_MS);
    }
    if (ready) {
        write_address(channel, drive, op);
        write_reg(channel, REG_COMMAND, choose_command(channel, drive, op));
        ready = begin_moving(channel);
    }
    if (!ready) {
        warn_failed(channel, op, "the disk isn't ready");
        channel->op = NULL;
        recover(channel);
        return ERR_IO;
    }
    return OK;
}

static void look_at_dma(struct channel *channel, error_t *err) {
    uint8_t bm_status = read_bm_status(channel);
    if (!(bm_status & BM_STATUS_IRQ)) {
        return;
    }
    stop_bus_master(channel);
    uint8_t status = read_reg(channel, REG_STATUS);
    bool failed = (bm_status & (BM_STATUS_ERROR | BM_STATUS_ACTIVE))
                  || (status & (STATUS_BSY | STATUS_DRQ | STATUS_ERR | STATUS_DF));
    if (failed) {
        warn_failed(channel, channel->op, "failed");
        // The disk may think that it isn't finished.
        if (status & (STATUS_BSY | STATUS_DRQ)) {
            recover(channel);
        }
    }
    end(channel, err, failed ? ERR_IO : OK);
}

/// Moves what the disk is ready for.
static void look_at_pio(struct channel *channel, error_t *err) {
    if (read_alt_status(channel) & STATUS_BSY) {
        return;
    }
    uint8_t status = read_reg(channel, REG_STATUS);
    bool wants_more = status & STATUS_DRQ;
    if ((status & (STATUS_ERR | STATUS_DF)) || wants_more != (channel->sectors_left > 0)) {
        warn_failed(channel, channel->op, "failed");
        if (wants_more) {
            recover(channel);
        }
        end(channel, err, ERR_IO);
        return;
    }
    if (wants_more) {
        move_sector(channel);
    }
    // A disk doesn't interrupt behind the last sector that is read.
    bool reads = channel->op->kind == BLK_OP_READ;
    if (!wants_more || (reads && channel->sectors_left == 0)) {
        end(channel, err, OK);
    }
}

void channel_look(struct channel *channel, error_t *err) {
    if (channel->op == NULL) {
        return;
    }
    if (channel->uses_dma) {
        look_at_dma(channel, err);
    } else {
        look_at_pio(channel, err);
    }
}

void channel_tick(struct channel *channel, error_t *err) {
    channel_look(channel, err);
    if (channel->op == NULL) {
        return;
    }
    channel->ticks_left--;
    if (channel->ticks_left == 0) {
        warn_failed(channel, channel->op, "the disk doesn't answer");
        recover(channel);
        end(channel, err, ERR_IO);
    }
}
