#include "../../../../../libs/driver/tests/fake_io.h"

#include <nrf51/temp.h>
#include <unittest.h>

#include "../sensor.h"

static struct {
    uint32_t interrupts, ready, value, offset;
    bool running;
} sensor;

static uint32_t read_reg(offset_t offset) {
    switch (offset) {
    case NRF_TEMP_DATARDY:
        return sensor.ready;
    case NRF_TEMP_VALUE:
        return sensor.value;
    default:
        TEST_EXPECT(false);
        return 0;
    }
}

static void write_reg(offset_t offset, uint32_t value) {
    switch (offset) {
    case NRF_TEMP_START:
        sensor.running = true;
        break;
    case NRF_TEMP_STOP:
        // Anomaly 29.
        sensor.running = false;
        sensor.value = 0;
        break;
    case NRF_TEMP_DATARDY:
        sensor.ready = value;
        break;
    case NRF_TEMP_INTENSET:
        sensor.interrupts |= value;
        break;
    case NRF_TEMP_OFFSET:
        sensor.offset = value;
        break;
    default:
        TEST_EXPECT(false);
    }
}

static void start(void) {
    static const struct fake_device device = {NRF_TEMP_BASE, NRF_TEMP_LEN, read_reg, write_reg};
    fake_io_reset();
    fake_io_add(&device);
    sensor.running = true;
    sensor.ready = 1;
    sensor.offset = 0x1234;
    TEST_EXPECT_EQ(sensor_init(), OK);
    TEST_EXPECT(!sensor.running);
    TEST_EXPECT_EQ(sensor.offset, 0);
    TEST_EXPECT_EQ(sensor.interrupts, NRF_TEMP_INT_DATARDY);
    TEST_EXPECT(fake_irq_is_acquired(NRF_TEMP_IRQ));
}

static int32_t measure(uint32_t value) {
    int32_t millidegrees = 12345678;
    sensor_start();
    TEST_EXPECT(sensor.running);
    TEST_EXPECT(!sensor_is_ready());
    sensor.value = value;
    sensor.ready = 1;
    TEST_EXPECT(sensor_is_ready());
    TEST_EXPECT_EQ(sensor_finish(&millidegrees), OK);
    TEST_EXPECT(!sensor.running);
    TEST_EXPECT_EQ(sensor.ready, 0);
    return millidegrees;
}

TEST("quarters of a degree become thousandths") {
    start();
    TEST_EXPECT_EQ(measure(0), 0);
    TEST_EXPECT_EQ(measure(87), 21750);
    TEST_EXPECT_EQ(measure(500), 125000);
}

TEST("temperatures below zero are right on chips of all revisions") {
    start();
    TEST_EXPECT_EQ(measure((uint32_t) -1), -250);
    TEST_EXPECT_EQ(measure((uint32_t) -160), -40000);
    // Anomaly 28: the sign doesn't reach the upper bits.
    TEST_EXPECT_EQ(measure((uint32_t) -160 & 0x3ff), -40000);
}

TEST("a sensor that doesn't answer is unavailable, and is stopped") {
    int32_t millidegrees = 42;
    start();
    sensor_start();
    sensor.value = 100;
    TEST_EXPECT_EQ(sensor_finish(&millidegrees), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(millidegrees, 42);
    TEST_EXPECT(!sensor.running);
    TEST_EXPECT_EQ(measure(4), 1000);
}

TEST("without the device there is an error") {
    fake_io_reset();
    TEST_EXPECT_EQ(sensor_init(), ERR_NOT_PERMITTED);
}
