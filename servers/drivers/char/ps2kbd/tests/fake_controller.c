#include "fake_controller.h"

#include <driver/io.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../controller.h"

struct fake_controller fake;
static char data_io, command_io;

static void enqueue(uint8_t byte, bool is_aux) {
    if (fake.num_queued < FAKE_QUEUE) {
        fake.queue[fake.num_queued] = byte;
        fake.is_aux[fake.num_queued] = is_aux;
        fake.num_queued++;
    }
}

void fake_send(uint8_t byte) {
    enqueue(byte, false);
}

void fake_send_aux(uint8_t byte) {
    enqueue(byte, true);
}

void fake_reset(void) {
    bzero(&fake, sizeof(fake));
    fake.config = 0x47;
    fake.test_answer = 0x55;
    fake.reset_answer = 0xaa;
    fake.reset_ms = 300;
    fake.port_enabled = true;
    fake.scanning = true;
    fake.argument_of = 0xed;
    fake_send(0x1e);
    fake_send_aux(0x08);
    fake_send(0x9e);
}

void timer_sleep(msec_t ms) {
    fake.slept_ms += ms;
    if (fake.reset_at_ms && fake.slept_ms >= fake.reset_at_ms) {
        fake.reset_at_ms = 0;
        fake_send(fake.reset_answer);
    }
}

io_t io_alloc_port(unsigned long base, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(len, 1);
    TEST_EXPECT(base == CONTROLLER_DATA || base == CONTROLLER_COMMAND);
    return (io_t) (base == CONTROLLER_DATA ? &data_io : &command_io);
}

// ---- The keyboard -------------------------------------------------------------------------------

static void take_argument(uint8_t byte) {
    switch (fake.argument_of) {
    case 0xed:
        fake.leds = byte;
        break;
    case 0xf0:
        fake.set = byte;
        break;
    default:
        fake.repeat = byte;
    }
    fake.argument_of = 0;
    fake_send(0xfa);
}

static void reset_keyboard(void) {
    fake.leds = fake.set = 0;
    fake.scanning = true;
    fake.reset_at_ms = fake.slept_ms + fake.reset_ms;
}

static void take_command(uint8_t byte) {
    bool wants_argument = byte == 0xed || byte == 0xf0 || byte == 0xf3;
    if ((byte == 0xed && fake.deaf_to_leds)) {
        return;
    }
    if (fake.knows_no_sets && (byte == 0xf0 || byte == 0xf3)) {
        fake_send(0xfe);
        return;
    }
    fake.argument_of = wants_argument ? byte : 0;
    fake.scanning = (byte == 0xf4) || (fake.scanning && byte != 0xf5);
    fake_send(0xfa);
    if (byte == 0xff) {
        reset_keyboard();
    }
}

static void keyboard_takes(uint8_t byte) {
    fake.num_bytes++;
    if (fake.no_keyboard) {
        return;
    }
    TEST_EXPECT(fake.port_enabled);
    TEST_EXPECT_EQ(fake.config & 0x10, 0);
    if (fake.resends > 0) {
        fake.resends--;
        fake_send(0xfe);
    } else if (fake.argument_of) {
        take_argument(byte);
    } else {
        take_command(byte);
    }
}

// ---- The controller -----------------------------------------------------------------------------

static void controller_takes(uint8_t command) {
    fake.controller_command = command;
    switch (command) {
    case 0x20:
        fake_send(fake.config);
        break;
    case 0xaa:
        // Its configuration is lost.
        fake.config = 0x30;
        fake_send(fake.test_answer);
        break;
    case 0xab:
        fake_send(fake.keyboard_test_answer);
        break;
    case 0xad:
    case 0xae:
        fake.port_enabled = command == 0xae;
        break;
    case 0x60:
    case 0xa7:
        break;
    default:
        TEST_EXPECT_EQ(command, 0);
    }
}

uint8_t io_read8(io_t io, offset_t offset) {
    TEST_EXPECT_EQ(offset, 0);
    if (io == (io_t) &command_io) {
        bool full = fake.endless || fake.num_queued > 0;
        uint8_t status = (full ? 0x01 : 0) | (fake.input_stuck ? 0x02 : 0)
                         | (fake.num_queued > 0 && fake.is_aux[0] ? 0x20 : 0);
        return fake.absent ? 0xff : status;
    }
    if (fake.num_queued == 0) {
        TEST_EXPECT(fake.endless);
        return 0x1c;
    }
    uint8_t byte = fake.queue[0];
    fake.num_queued--;
    memmove(fake.queue, &fake.queue[1], fake.num_queued);
    memmove(fake.is_aux, &fake.is_aux[1], fake.num_queued * sizeof(fake.is_aux[0]));
    return byte;
}

void io_write8(io_t io, offset_t offset, uint8_t value) {
    TEST_EXPECT_EQ(offset, 0);
    TEST_EXPECT(!fake.absent && !fake.input_stuck);
    if (io == (io_t) &command_io) {
        controller_takes(value);
    } else if (fake.controller_command == 0x60) {
        fake.controller_command = 0;
        fake.config = (uint8_t) (fake.cannot_translate ? value & ~0x40 : value);
    } else {
        keyboard_takes(value);
    }
}
