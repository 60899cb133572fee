#include "../vga.h"

#include <driver/io.h>
#include <string.h>
#include <unittest.h>

#include "fake_vga.h"

struct fake_vga fake;
static char ports_io, memory_io;

void fake_vga_reset(void) {
    bzero(&fake, sizeof(fake));
    memset(fake.cells, 0xee, sizeof(fake.cells));
    fake.misc = 0x67;
    fake.graphics[6] = 0x0e;
    fake.crtc[0x0c] = 0x12;
    fake.crtc[0x0a] = 0x2d;
    fake.attribute[0x10] = 0x0c;
    fake.picture = true;
}

io_t io_alloc_port(unsigned long base, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(base, 0x3c0);
    TEST_EXPECT_EQ(len, 32);
    return (io_t) &ports_io;
}

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(paddr, 0xb8000);
    TEST_EXPECT_EQ(len, sizeof(fake.cells));
    return fake.not_granted ? NULL : (io_t) &memory_io;
}

uint8_t io_read8(io_t io, offset_t offset) {
    TEST_EXPECT(io == (io_t) &ports_io);
    if (fake.absent) {
        return 0xff;
    }
    switch (offset) {
    case 0x01:
        return fake.attribute[fake.attribute_number];
    case 0x0c:
        return fake.misc;
    case 0x0f:
        return fake.graphics[fake.graphics_number];
    case 0x15:
        return fake.crtc[fake.crtc_number];
    default:
        TEST_EXPECT_EQ(offset, 0x1a);
        fake.attribute_value_follows = false;
        return 0;
    }
}

static void write_attribute(uint8_t value) {
    if (fake.attribute_value_follows) {
        fake.attribute[fake.attribute_number] = value;
    } else {
        fake.attribute_number = value & 0x1f;
        fake.picture = (value & 0x20) != 0;
    }
    fake.attribute_value_follows = !fake.attribute_value_follows;
}

void io_write8(io_t io, offset_t offset, uint8_t value) {
    TEST_EXPECT(io == (io_t) &ports_io);
    switch (offset) {
    case 0x00:
        write_attribute(value);
        break;
    case 0x0e:
        fake.graphics_number = value & 0xf;
        break;
    case 0x14:
        fake.crtc_number = value & 0x1f;
        break;
    default:
        TEST_EXPECT_EQ(offset, 0x15);
        fake.crtc[fake.crtc_number] = value;
    }
}

void io_write16(io_t io, offset_t offset, uint16_t value) {
    TEST_EXPECT(io == (io_t) &memory_io);
    TEST_EXPECT(offset % 2 == 0 && offset < sizeof(fake.cells));
    fake.cells[offset / 2] = value;
    fake.num_writes++;
}

TEST("a screen in text mode is taken over") {
    fake_vga_reset();
    // In the middle of a register, as the one before us has left it.
    fake.attribute_value_follows = true;
    TEST_EXPECT_EQ(vga_init(), OK);
    TEST_EXPECT_EQ(fake.crtc[0x0c], 0);
    TEST_EXPECT_EQ(fake.crtc[0x0d], 0);
    TEST_EXPECT_EQ(fake.attribute[0x10], 0x04);
    TEST_EXPECT(fake.picture);
    for (unsigned i = 0; i < VGA_CELLS; i++) {
        TEST_EXPECT_EQ(fake.cells[i], ' ');
    }
}

TEST("no VGA, one that shows pixels, one that is monochrome") {
    fake_vga_reset();
    fake.absent = true;
    TEST_EXPECT_EQ(vga_init(), ERR_NOT_FOUND);
    fake_vga_reset();
    fake.graphics[6] = 0x05;
    TEST_EXPECT_EQ(vga_init(), ERR_NOT_FOUND);
    fake_vga_reset();
    fake.misc = 0x66;
    TEST_EXPECT_EQ(vga_init(), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(fake.num_writes, 0);
    fake_vga_reset();
    fake.not_granted = true;
    TEST_EXPECT_EQ(vga_init(), ERR_NOT_PERMITTED);
}

TEST("the cursor") {
    fake_vga_reset();
    TEST_EXPECT_EQ(vga_init(), OK);
    vga_show_cursor(1999);
    TEST_EXPECT_EQ(fake.crtc[0x0e] << 8 | fake.crtc[0x0f], 1999);
    TEST_EXPECT_EQ(fake.crtc[0x0a], 0x0d);
    vga_hide_cursor();
    TEST_EXPECT_EQ(fake.crtc[0x0a], 0x2d);
    vga_show_cursor(0);
    TEST_EXPECT_EQ(fake.crtc[0x0e] << 8 | fake.crtc[0x0f], 0);
    TEST_EXPECT_EQ(fake.crtc[0x0a], 0x0d);
}
