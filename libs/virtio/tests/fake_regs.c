#include "fake_regs.h"

#include <driver/io.h>
#include <unittest.h>

static void check(io_t io, offset_t offset, size_t size) {
    TEST_EXPECT_LE(offset + size, io->len);
    TEST_EXPECT_EQ(offset % size, 0);
}

static uint32_t read(io_t io, offset_t offset, size_t size) {
    check(io, offset, size);
    return io->read(offset, size);
}

static void write(io_t io, offset_t offset, size_t size, uint32_t value) {
    check(io, offset, size);
    io->write(offset, size, value);
}

uint8_t io_read8(io_t io, offset_t offset) {
    return (uint8_t) read(io, offset, 1);
}

uint16_t io_read16(io_t io, offset_t offset) {
    return (uint16_t) read(io, offset, 2);
}

uint32_t io_read32(io_t io, offset_t offset) {
    return read(io, offset, 4);
}

void io_write8(io_t io, offset_t offset, uint8_t value) {
    write(io, offset, 1, value);
}

void io_write16(io_t io, offset_t offset, uint16_t value) {
    write(io, offset, 2, value);
}

void io_write32(io_t io, offset_t offset, uint32_t value) {
    write(io, offset, 4, value);
}
