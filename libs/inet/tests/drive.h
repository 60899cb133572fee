#ifndef __DRIVE_H__
#define __DRIVE_H__

/// \file
/// What fuzzers do to the stack: bytes that stand for frames, for answers to what was asked, for time, and
/// for what users do.

#include <types.h>

/// Does what the bytes say with a stack that has just started; ends the program if buffers are lost, or it
/// goes on for ever. A sanitizer does so for the rest.
void drive(const uint8_t *data, size_t len);

#endif
