#ifndef __WORLD_H__
#define __WORLD_H__

/// \file
/// fatfs with two disks, a table of mounts and clients, all in one program. Clients call <fs.h>; what they send arrives
/// where it would. Volume disk0 is at /disk0, disk1 at /disk1.

#include <types.h>

#include "../../../../libs/blkcache/tests/disk.h"

enum {
    CLIENT = 100,
    OTHER_CLIENT = 101
};

/// The disks, each with an empty volume of FAT16.
extern struct disk world_disks[2];
/// Who calls.
extern task_t world_client;
/// No unit can be written to.
extern bool world_read_only;
/// How many units are open.
extern int world_open_units;
/// What vm says of the memory, in pages; how large a buffer was wanted last, in bytes.
extern size_t world_free_pages, world_buffer_len;
/// Times that the timer was set.
extern int world_timers;

/// fatfs ends in the middle of this transfer or flush, counted from world_begin(), or before or behind that message of a client's; 0: it doesn't.
extern unsigned world_kill_at_transfer, world_kill_before_message, world_kill_behind_message;
extern unsigned world_transfers, world_messages, world_kills;

/// New disks, and a fatfs that knows nothing.
void world_begin(void);
/// fatfs ends, as by a power cut but for the disks: what it has given to them stays. Another one is there.
void world_kill(void);
/// The end of all of it.
void world_end(void);

/// Sends the message to fatfs and returns what it says.
error_t world_mount(const char *volume, bool read_only) __mustuse;
error_t world_unmount(const char *volume) __mustuse;

#endif
