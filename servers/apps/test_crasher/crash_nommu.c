#include <resea/syscall.h>
#include <string.h>
#include <types.h>

#include "crash.h"

// Where there is no MMU, a null pointer is the address of the first exception vector, and everybody's
// memory is everybody's: what is left is what the CPU itself refuses, and the stack's guard.

static void trap(void) {
    __builtin_trap();
}

static void read_unmapped(void) {
    (void) *(volatile int *) (uintptr_t) 0x60000000;
}

static void read_misaligned(void) {
    static volatile int words[2];
    volatile uintptr_t address = (uintptr_t) words + 1;
    (void) *(volatile int *) address;
}

/// The address of data is no address of code: it is even.
static void jump_to_data(void) {
    static volatile int data[4];
    volatile uintptr_t address = (uintptr_t) data;
    ((void (*)(void)) address)();
}

/// The compiler's function for it calls this one.
static void divide_by_zero(void) {
    static volatile int dividend = 7, zero;
    volatile int result = dividend / zero;
    (void) result;
}

/// Never ends; `depth` keeps it from being turned into a loop. The guard words are looked at when the
/// kernel is entered: who overruns more than them in between, does damage.
static unsigned recurse(volatile unsigned *depth) {
    volatile unsigned here = *depth + 1;
    (void) sys_nop();
    return here == 0 ? 0 : recurse(&here) + here;
}

static void overflow_stack(void) {
    volatile unsigned depth = 1;
    recurse(&depth);
}

static const struct {
    const char *name;
    void (*run)(void);
} crashes[] = {
    {"trap", trap},
    {"unmapped", read_unmapped},
    {"misaligned", read_misaligned},
    {"jump_to_data", jump_to_data},
    {"divide_by_zero", divide_by_zero},
    {"overflow_stack", overflow_stack},
};

void crash(const char *name) {
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        if (strcmp(crashes[i].name, name) == 0) {
            crashes[i].run();
        }
    }
}
