#include <arch_syscall.h>
#include <kernel_abi.h>

#include "machine.h"
#include "thread.h"

// TIMER2 of the nRF51 (nRF51 Series Reference Manual 3.0, chapter 18), with what is used of it: it counts
// up to a value, raises its line and starts over.
#define TIMER2          0x4000a000u
#define TASKS_START     0x000
#define TASKS_STOP      0x004
#define TASKS_CLEAR     0x00c
#define EVENTS_COMPARE0 0x140
#define SHORTS          0x200
#define SHORT_CLEAR0    (1u << 0)
#define INTENSET        0x304
#define INTENCLR        0x308
#define INT_COMPARE0    (1u << 16)
#define BITMODE         0x508
#define PRESCALER       0x510
#define CC0             0x540
#define TICKS_PER_IRQ   10000u  // of 1 MHz
#define PRESCALER_1MHZ  4

const struct machine machine = {
    .irq = 10,  // TIMER2
    .other_irq = 7,
    .device_memory = 0x4001f000,  // Nobody's.
    .kernel_text = 0x20000000,    // Its text may be read by all; this is its RAM.
};

void thread_entry(void) {
    thread_main();
}

static void undefined(void) {
    __asm__ __volatile__("udf #1");
}

static void breakpoint(void) {
    // The number is one that no debugger or emulator takes for itself.
    __asm__ __volatile__("bkpt #1");
}

static void read_nowhere(void) {
    (void) *(volatile int *) 0x60000000u;
}

static void misaligned(void) {
    // In assembly: the compiler would have the right to anything.
    __asm__ __volatile__("ldr r0, [%0]" ::"r"(0x20000002u) : "r0");
}

static void leave_thumb_state(void) {
    __asm__ __volatile__("bx %0" ::"r"(0x100u));
}

static void execute_nowhere(void) {
    __asm__ __volatile__("bx %0" ::"r"(0x60000001u));
}

const struct machine_exception machine_exceptions[] = {
    {"undefined instruction", undefined, EXP_ILLEGAL},
    {"breakpoint", breakpoint, EXP_BREAKPOINT},
    {"load from nowhere", read_nowhere, EXP_PROTECTION},
    {"misaligned load", misaligned, EXP_ALIGNMENT},
    {"jump out of Thumb state", leave_thumb_state, EXP_ILLEGAL},
    {"jump to nowhere", execute_nowhere, EXP_PROTECTION},
    {NULL, NULL, 0},
};

long machine_syscall(long number) {
    return arch_syscall(number, 0, 0, 0, 0, 0, 0);
}

static volatile uint32_t *timer(unsigned offset) {
    return (volatile uint32_t *) (TIMER2 + offset);
}

void machine_irq_start(void) {
    *timer(TASKS_STOP) = 1;
    *timer(BITMODE) = 0;  // 16 bits
    *timer(PRESCALER) = PRESCALER_1MHZ;
    *timer(CC0) = TICKS_PER_IRQ;
    *timer(SHORTS) = SHORT_CLEAR0;
    *timer(EVENTS_COMPARE0) = 0;
    *timer(INTENSET) = INT_COMPARE0;
    *timer(TASKS_CLEAR) = 1;
    *timer(TASKS_START) = 1;
}

void machine_irq_handle(void) {
    *timer(EVENTS_COMPARE0) = 0;
}

void machine_irq_stop(void) {
    *timer(INTENCLR) = INT_COMPARE0;
    *timer(TASKS_STOP) = 1;
    machine_irq_handle();
}

bool machine_fpu_keeps(uint64_t pattern, unsigned rounds) {
    // There is no FPU: the registers that a switch must keep are all there are.
    for (unsigned i = 0; i < rounds / 100; i++) {
        if (!machine_registers_keep(pattern + i, SYS_NOP, 0, 0)) {
            return false;
        }
    }
    return true;
}

bool machine_registers_keep(uint64_t pattern, long number, long a0, long a1) {
    uint32_t in[8], out[7] = {0};
    uint32_t *from = in, *to = out;
    for (unsigned i = 0; i < 7; i++) {
        in[1 + i] = (uint32_t) pattern * (i + 1);
    }
    in[0] = (uint32_t) number;
    register long r0 __asm__("r0") = a0;
    register long r1 __asm__("r1") = a1;
    // r4 … r6 and r8 … r11: r7 may be the compiler's frame pointer.
    __asm__ __volatile__("ldmia %[in]!, {r4, r5, r6}\n"
                         "mov r12, r4\n"
                         "mov r8, r5\n"
                         "mov r9, r6\n"
                         "ldmia %[in]!, {r4, r5}\n"
                         "mov r10, r4\n"
                         "mov r11, r5\n"
                         "ldmia %[in]!, {r4, r5, r6}\n"
                         "svc 0\n"
                         "add %[out], #16\n"
                         "stmia %[out]!, {r4, r5, r6}\n"
                         "sub %[out], #28\n"
                         "mov r4, r8\n"
                         "mov r5, r9\n"
                         "stmia %[out]!, {r4, r5}\n"
                         "mov r4, r10\n"
                         "mov r5, r11\n"
                         "stmia %[out]!, {r4, r5}\n"
                         : [in] "+l"(from), [out] "+l"(to), "+l"(r0), "+l"(r1)
                         :
                         : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "memory", "cc");
    for (unsigned i = 0; i < 7; i++) {
        if (out[i] != in[1 + i]) {
            return false;
        }
    }
    return true;
}
