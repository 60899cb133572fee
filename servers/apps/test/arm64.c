#include <arch_syscall.h>
#include <driver/io.h>
#include <kernel_abi.h>
#include <resea/printf.h>

#include "machine.h"
#include "thread.h"

// The BCM2835's system timer ("BCM2835 ARM Peripherals", chapter 12) counts microseconds; its
// comparator 1 raises interrupt 1.
#define TIMER_BASE  0x3f003000
#define TIMER_LEN   0x1c
#define TIMER_CS    0x00
#define TIMER_CLO   0x04
#define TIMER_C1    0x10
#define TIMER_CS_M1 (1u << 1)
#define TIMER_TICKS 1000

const struct machine machine = {
    .irq = 1,
    .other_irq = 3,
    .device_memory = 0x3f200000,  // The GPIO pins'.
    .kernel_text = 0xffff000000080000,
};

// Sets up the stack as the program's own start-up code does.
__asm__(".globl thread_entry\n"
        "thread_entry:\n"
        "    adrp x0, __stack_top\n"
        "    add x0, x0, :lo12:__stack_top\n"
        "    mov sp, x0\n"
        "    mov x29, xzr\n"
        "    mov x30, xzr\n"
        "    bl thread_main\n"
        "    brk #0\n");

static void illegal(void) {
    __asm__ __volatile__("udf #0");
}

/// A request to an emulator or a debugger, which programs must not be able to make.
static void semihosting(void) {
    __asm__ __volatile__("mov w0, #0x18\n"
                         "mov x1, xzr\n"
                         "hlt #0xf000" ::
                             : "x0", "x1");
}

static void breakpoint(void) {
    __asm__ __volatile__("brk #0");
}

static void noncanonical(void) {
    *(volatile int *) 0x8000000000000000ul = 1;
}

static void call_noncanonical(void) {
    ((void (*)(void)) 0x0123000000000000ul)();
}

static void unaligned_code(void) {
    __asm__ __volatile__("adr x0, .\n"
                         "add x0, x0, #2\n"
                         "br x0" ::
                             : "x0");
}

static void unaligned_exclusive(void) {
    uint64_t words[2] = {0, 0};
    uint64_t value;
    // Accesses like this one fault wherever the alignment of others is checked or not.
    __asm__ __volatile__("ldxr %0, [%1]" : "=r"(value) : "r"((uintptr_t) words + 1) : "memory");
}

static void wait_for_interrupt(void) {
    __asm__ __volatile__("wfi");
}

static void mask_interrupts(void) {
    __asm__ __volatile__("msr daifset, #2");
}

static void set_address_space(void) {
    __asm__ __volatile__("msr ttbr0_el1, xzr");
}

static void set_timer(void) {
    __asm__ __volatile__("msr cntv_ctl_el0, xzr");
}

static void forget_translations(void) {
    __asm__ __volatile__("tlbi vmalle1");
}

static void drop_cache(void) {
    uint64_t word = 0;
    // Unlike cleaning, it would show what the memory held before.
    __asm__ __volatile__("dc ivac, %0" ::"r"(&word) : "memory");
}

static void call_hypervisor(void) {
    __asm__ __volatile__("hvc #0");
}

static void call_secure_monitor(void) {
    __asm__ __volatile__("smc #0");
}

static void return_from_exception(void) {
    __asm__ __volatile__("eret");
}

const struct machine_exception machine_exceptions[] = {
    {"illegal instruction", illegal, EXP_ILLEGAL},
    {"semihosting", semihosting, EXP_ILLEGAL},
    {"breakpoint", breakpoint, EXP_BREAKPOINT},
    {"non-canonical address", noncanonical, EXP_PROTECTION},
    {"call of a non-canonical address", call_noncanonical, EXP_PROTECTION},
    {"unaligned code", unaligned_code, EXP_ALIGNMENT},
    {"unaligned exclusive access", unaligned_exclusive, EXP_ALIGNMENT},
    {"wfi", wait_for_interrupt, EXP_PROTECTION},
    {"msr daifset", mask_interrupts, EXP_PROTECTION},
    {"msr ttbr0_el1", set_address_space, EXP_PROTECTION},
    {"msr cntv_ctl_el0", set_timer, EXP_PROTECTION},
    {"tlbi", forget_translations, EXP_PROTECTION},
    {"dc ivac", drop_cache, EXP_PROTECTION},
    {"hvc", call_hypervisor, EXP_PROTECTION},
    {"smc", call_secure_monitor, EXP_PROTECTION},
    {"eret", return_from_exception, EXP_PROTECTION},
    {NULL, NULL, 0},
};

/// mov w0, #1; ret
const unsigned char machine_code[] = {0x20, 0x00, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
const unsigned machine_code_len = sizeof(machine_code);

/// What a system call may change.
#define SYSCALL_CLOBBERS                                                                           \
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", \
        "x15", "x16", "x17", "memory", "cc"

bool machine_fpu_keeps(uint64_t pattern, unsigned rounds) {
    __aligned(16) uint64_t in[2] = {pattern, ~pattern};
    __aligned(16) uint64_t low[2] = {0, 0}, high[2] = {0, 0};
    uint64_t fpsr = pattern & 0x1f, fpsr_after;
    // System calls and the clock's interrupts come in between; the registers are not touched by
    // anything but this.
    __asm__ __volatile__(
        "ldr q0, [%[in]]\n"
        "ldr q31, [%[in]]\n"
        "add v31.2d, v31.2d, v31.2d\n"
        "msr fpsr, %[fpsr]\n"
        "1:\n"
        "    mov x8, %[nop]\n"
        "    svc #0\n"
        "    subs %w[rounds], %w[rounds], #1\n"
        "    b.ne 1b\n"
        "str q0, [%[low]]\n"
        "str q31, [%[high]]\n"
        "mrs %[fpsr_after], fpsr\n"
        : [rounds] "+&r"(rounds), [fpsr_after] "=&r"(fpsr_after)
        : [in] "r"(in), [low] "r"(low), [high] "r"(high), [nop] "i"(SYS_NOP), [fpsr] "r"(fpsr)
        : SYSCALL_CLOBBERS, "v0", "v31");
    return low[0] == pattern && low[1] == ~pattern && high[0] == 2 * pattern
           && high[1] == 2 * ~pattern && fpsr == fpsr_after;
}

bool machine_registers_keep(uint64_t pattern, long number, long a0, long a1) {
    uint64_t in[4], out[4] = {0};
    for (unsigned i = 0; i < 4; i++) {
        in[i] = pattern * (i + 1);
    }
    register long x0 __asm__("x0") = a0;
    register long x1 __asm__("x1") = a1;
    register long x8 __asm__("x8") = number;
    // The first, the last and the thread register; and one in between.
    __asm__ __volatile__("ldp x18, x21, [%[in]]\n"
                         "ldp x28, x9, [%[in], #16]\n"
                         "msr tpidr_el0, x9\n"
                         "svc #0\n"
                         "mrs x9, tpidr_el0\n"
                         "stp x18, x21, [%[out]]\n"
                         "stp x28, x9, [%[out], #16]\n"
                         : "+r"(x0), "+r"(x1), "+r"(x8)
                         : [in] "r"(in), [out] "r"(out)
                         : "x2", "x3", "x4", "x5", "x6", "x7", "x9", "x10", "x11", "x12", "x13",
                           "x14", "x15", "x16", "x17", "x18", "x21", "x28", "memory", "cc");
    for (unsigned i = 0; i < 4; i++) {
        if (out[i] != in[i]) {
            return false;
        }
    }
    return true;
}

static io_t timer;

static void set_comparator(void) {
    io_write32(timer, TIMER_C1, io_read32(timer, TIMER_CLO) + TIMER_TICKS);
}

void machine_irq_start(void) {
    timer = io_alloc_memory_fixed(TIMER_BASE, TIMER_LEN, IO_ALLOC_NORMAL);
    ASSERT(timer != NULL);
    machine_irq_handle();
}

void machine_irq_handle(void) {
    io_write32(timer, TIMER_CS, TIMER_CS_M1);
    set_comparator();
}

void machine_irq_stop(void) {
    io_write32(timer, TIMER_CS, TIMER_CS_M1);
    io_free(timer);
}

long machine_syscall(long number) {
    return arch_syscall(number, 0, 0, 0, 0, 0, 0);
}
