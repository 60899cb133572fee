#ifndef __SCALE_H__
#define __SCALE_H__

/// \file
/// How much the tests use: a program on a machine without an MMU has a few kilobytes.

#include <config.h>

#ifdef CONFIG_MMU
/// Threads at the same time.
#    define MAX_THREADS 8
/// Blocks that the heap is filled with, each one 37 bytes longer than the last.
#    define NUM_BLOCKS 64
/// What a block grows to by realloc.
#    define GROWN_LEN 100000
/// A block that is large, but not too large.
#    define LARGE_LEN (4 * 1024 * 1024)
/// What fits into the heap beside a short payload.
#    define BESIDE_PAYLOAD_LEN LARGE_LEN
#else
#    define MAX_THREADS        2
#    define NUM_BLOCKS         3
#    define GROWN_LEN          100
#    define LARGE_LEN          150
/// Not beside a whole receive buffer.
#    define BESIDE_PAYLOAD_LEN 328
#endif

#endif
