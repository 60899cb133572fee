#ifndef __WORLD_H__
#define __WORLD_H__

/// \file
/// A world for the tests of libs/blk: vm as far as it is needed, the library's server half with a driver of the test's, and
/// tasks that call it, by hand or through the client half. Physical addresses are addresses.

#include <blk.h>
#include <blk/server.h>
#include <message.h>
#include <types.h>

#define SERVER     10
#define CLIENT     20
#define OTHER      21
#define SECTOR_LEN 512

/// The contents of the first disk.
extern uint8_t *world_sectors;

/// How the next operations end, and when.
struct world_script {
    bool deferred;  ///< Operations wait for world_complete; otherwise they are complete at once.
    bool fail_all;  ///< ERR_IO
    uint64_t bad_sector;  ///< ERR_IO if an operation has it; 0: none.
    unsigned
        end_at_call;  ///< The driver ends when it gets that call of a client's, counted from 1; 0: it lives on.
    bool end_after;     ///< It has done the call's work when it ends, but hasn't answered.
    bool loses_writes;  ///< With its end, what was written and not flushed is lost.
    bool gone;          ///< It isn't started again: lookups fail.
    bool grows;         ///< After its end, the disk has another size.
};
extern struct world_script world_script;

/// What has happened.
struct world_counts {
    unsigned ops, reads, writes, flushes;
    unsigned max_in_flight;
    unsigned pieces;
    unsigned accepted, freed;  ///< Buffers.
    unsigned starts;           ///< Of the driver.
};
extern struct world_counts world_counts;

/// Begins anew: one disk of `num_sectors` sectors, all zero.
void world_begin(uint64_t num_sectors, unsigned depth, uint32_t max_sectors, unsigned max_pieces,
                 bool needs_flush);
void world_end(void);
/// Starts the driver: it reads the partition tables.
void world_start(void);
extern struct blk_disk world_disk;

/// Completes the operation that was submitted first, or last; false: there is none.
bool world_complete(bool last);
unsigned world_in_flight(void);

/// Sends a message to the driver as a task; the answer, if there is one, is in world_reply.
void world_send(task_t src, struct message *m);
/// The last answer to a task: its type is INVALID_MSG if there was none.
struct message world_reply(task_t task);
/// A task has ended: the driver is told.
void world_end_task(task_t task);
bool world_watches(task_t task);

/// Memory of a task, and its number for blk.open.
handle_t world_offer(size_t num_pages, bool writable, uint8_t **memory);

#endif
