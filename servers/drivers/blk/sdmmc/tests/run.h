#ifndef __RUN_H__
#define __RUN_H__

/// \file
/// What libs/blk is to the driver: hands it an operation, and lets time pass until it is done.

#include <blk/server.h>

/// Where in fake_memory run_one has its data.
#define RUN_PLACE 1024

/// A piece of an operation: its place in fake_memory.
struct run_piece {
    size_t place, len;
};

extern struct run_piece run_pieces[4];
extern unsigned run_completions;
extern bool run_with_dma;

/// A card is put in, and memory filled with 0xee.
void run_insert(bool high_capacity);
/// A driver is started that finds it.
void run_identify(void);

/// Has an operation done, which must end within a bounded number of events. Returns how it ended.
error_t run_op(enum blk_op_kind kind, uint64_t sector, unsigned num_pieces);
/// The same with one piece, at RUN_PLACE.
error_t run_one(enum blk_op_kind kind, uint64_t sector, size_t len);

#endif
