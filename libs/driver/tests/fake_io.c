#include "fake_io.h"

#include <driver/io.h>
#include <driver/irq.h>
#include <resea/timer.h>
#include <unittest.h>

struct io {
    struct fake_device device;
};

static struct io devices[FAKE_DEVICES_MAX];
static int num_devices;
static uint64_t irqs;
static msec_t timer;
static uint64_t uptime;

void fake_io_reset(void) {
    num_devices = 0;
    irqs = 0;
    timer = 0;
    uptime = 0;
}

void fake_io_add(const struct fake_device *device) {
    TEST_EXPECT_LT(num_devices, FAKE_DEVICES_MAX);
    devices[num_devices].device = *device;
    num_devices++;
}

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    for (int i = 0; i < num_devices; i++) {
        const struct fake_device *device = &devices[i].device;
        if (paddr >= device->base && paddr + len <= device->base + device->len) {
            TEST_EXPECT_EQ(paddr, device->base);
            return &devices[i];
        }
    }
    return NULL;
}

uint32_t io_read32(io_t io, offset_t offset) {
    TEST_EXPECT_LE(offset, io->device.len - sizeof(uint32_t));
    return io->device.read(offset);
}

void io_write32(io_t io, offset_t offset, uint32_t value) {
    TEST_EXPECT_LE(offset, io->device.len - sizeof(uint32_t));
    io->device.write(offset, value);
}

error_t irq_acquire(unsigned irq) {
    irqs |= UINT64_C(1) << irq;
    return OK;
}

error_t irq_release(unsigned irq) {
    irqs &= ~(UINT64_C(1) << irq);
    return OK;
}

bool fake_irq_is_acquired(unsigned irq) {
    return (irqs & (UINT64_C(1) << irq)) != 0;
}

error_t timer_set(msec_t timeout) {
    timer = timeout;
    return OK;
}

msec_t fake_timer(void) {
    return timer;
}

uint64_t timer_uptime(void) {
    return uptime;
}

void fake_set_uptime(uint64_t ms) {
    uptime = ms;
}
