#include <arch_user.h>
#include <driver/delay.h>
#include <resea/printf.h>
#include <resea/syscall.h>

#define NS_PER_S 1000000000u

static uint32_t cycles_of(unsigned ns) {
    static uint64_t clock_hz;
    if (clock_hz == 0) {
        struct kernel_info kernel;
        ASSERT(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)) == (int) sizeof(kernel));
        clock_hz = kernel.clock_hz;
    }
    // One more: the first cycle had begun already.
    return (uint32_t) (clock_hz * MIN(ns, DELAY_NS_MAX) / NS_PER_S) + 1;
}

uint32_t delay_now(void) {
    return (uint32_t) arch_cycles();
}

void delay_since(uint32_t start, unsigned ns) {
    uint32_t cycles = cycles_of(ns);
    while (delay_now() - start < cycles) {}
}

void delay_us(unsigned us) {
    delay_since(delay_now(), MIN(us, DELAY_NS_MAX / 1000) * 1000);
}
