#ifndef __FAKE_REGS_H__
#define __FAKE_REGS_H__

/// \file
/// <driver/io.h> for tests: registers are functions of the test. Accesses beyond them, or that aren't
/// aligned, fail the test.

#include <types.h>

struct io {
    size_t len;
    uint32_t (*read)(offset_t offset, size_t size);
    void (*write)(offset_t offset, size_t size, uint32_t value);
};

#endif
