#include "crash.h"

#include <string.h>
#include <types.h>

static void null_pointer(void) {
    *(volatile int *) (uintptr_t) 0 = 1;
}

static void write_text(void) {
    *(volatile uint8_t *) (uintptr_t) crash = 0;
}

static void write_constant(void) {
    static const volatile int constant = 1;
    *(volatile int *) (uintptr_t) &constant = 2;
}

static void call(volatile void *code) {
    ((void (*)(void))(uintptr_t) code)();
}

static void execute_stack(void) {
    volatile uint8_t code[16] = {0};
    call(code);
}

static void execute_data(void) {
    static volatile uint8_t code[16];
    call(code);
}

static void touch_kernel(void) {
    *(volatile int *) USER_END = 1;
}

static void read_kernel(void) {
    (void) *(volatile int *) ~(uintptr_t) 0xfff;
}

static void trap(void) {
    __builtin_trap();
}

/// Never ends; `depth` keeps it from being turned into a loop.
static unsigned recurse(volatile unsigned *depth) {
    volatile unsigned here = *depth + 1;
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
    {"null_pointer", null_pointer},     {"write_text", write_text},
    {"write_constant", write_constant}, {"execute_stack", execute_stack},
    {"execute_data", execute_data},     {"touch_kernel", touch_kernel},
    {"read_kernel", read_kernel},       {"trap", trap},
    {"overflow_stack", overflow_stack},
};

void crash(const char *name) {
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        if (strcmp(crashes[i].name, name) == 0) {
            crashes[i].run();
        }
    }
}
