#ifndef __CHANNEL_H__
#define __CHANNEL_H__

/// \file
/// An IDE channel and its one or two disks. It carries out one operation at a time, as the cable does.

#include <blk/server.h>
#include <driver/dma.h>
#include <driver/io.h>
#include <types.h>

#include "identify.h"
#include "registers.h"

/// How often channel_tick is to be called while a channel is busy.
#define TICK_MS 500

struct channel;

struct drive {
    struct channel *channel;
    bool second;
    struct identity identity;
    struct blk_disk disk;
    bool present;
    bool dead;  ///< It didn't answer, not even to a reset.
};

struct channel {
    const char *name;
    io_t command;
    io_t control;
    io_t bus_master;     ///< NULL: there is none, data moves by the CPU.
    offset_t bm_offset;  ///< Of the channel's registers in there.
    dma_t prds;
    struct drive drives[NUM_DRIVES];
    struct blk_queue queue;

    struct blk_op *op;  ///< Under way, or NULL.
    bool uses_dma;
    unsigned ticks_left;
    // Where the CPU is in moving data.
    unsigned piece;
    size_t piece_done;
    uint32_t sectors_left;
};

/// Resets the channel and finds its disks, which takes as long as they take to answer: some seconds at most. Returns how many
/// there are.
unsigned channel_init(struct channel *channel);

/// Begins an operation. ERR_IO: the disk doesn't take it.
error_t __mustuse channel_start(struct channel *channel, struct blk_op *op);
/// Looks how far the operation is, as the line may have fired. It has ended if channel->op is NULL behind this; *err tells how.
void channel_look(struct channel *channel, error_t *err);
/// The same, some time later: then it may have taken too long, and is given up.
void channel_tick(struct channel *channel, error_t *err);

#endif
