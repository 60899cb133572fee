#include <arch_syscall.h>
#include <kernel_abi.h>

#include "machine.h"
#include "rtc.h"
#include "thread.h"

// Sets up the stack as the program's own start-up code does.
__asm__(".globl thread_entry\n"
        "thread_entry:\n"
        "    lea __stack_top(%rip), %rsp\n"
        "    xor %ebp, %ebp\n"
        "    call thread_main\n"
        "    ud2\n");

const struct machine machine = {
    .irq = 8,
    .other_irq = 7,
    .port = RTC_DATA,
    .device_memory = 0xb8000,  // The text screen's.
    .kernel_text = 0xffff800000100000,
};

static void illegal(void) {
    __asm__ __volatile__("ud2");
}

static void divide_by_zero(void) {
    unsigned dividend = 1, remainder = 0;
    __asm__ __volatile__("div %2" : "+a"(dividend), "+d"(remainder) : "r"(0));
}

static void breakpoint(void) {
    __asm__ __volatile__("int3");
}

static void noncanonical(void) {
    *(volatile int *) 0x8000000000000000ul = 1;
}

static void halt(void) {
    __asm__ __volatile__("hlt");
}

static void disable_interrupts(void) {
    __asm__ __volatile__("cli");
}

static void reset_by_port(void) {
    // The keyboard controller's command port, by which a PC can be reset.
    __asm__ __volatile__("outb %%al, $0x64" ::"a"(0xfe));
}

static void set_address_space(void) {
    __asm__ __volatile__("mov %0, %%cr3" ::"r"(0ul));
}

const struct machine_exception machine_exceptions[] = {
    {"illegal instruction", illegal, EXP_ILLEGAL},
    {"division by zero", divide_by_zero, EXP_DIVIDE},
    {"breakpoint", breakpoint, EXP_BREAKPOINT},
    {"non-canonical address", noncanonical, EXP_PROTECTION},
    {"hlt", halt, EXP_PROTECTION},
    {"cli", disable_interrupts, EXP_PROTECTION},
    {"out", reset_by_port, EXP_PROTECTION},
    {"mov to cr3", set_address_space, EXP_PROTECTION},
    {NULL, NULL, 0},
};

/// mov eax, 1; ret
const unsigned char machine_code[] = {0xb8, 0x01, 0x00, 0x00, 0x00, 0xc3};
const unsigned machine_code_len = sizeof(machine_code);

bool machine_fpu_keeps(uint64_t pattern, unsigned rounds) {
    uint64_t in[2] = {pattern, ~pattern}, low[2] = {0, 0}, high[2] = {0, 0};
    // System calls and the clock's interrupts come in between; the registers are not touched by
    // anything but this.
    __asm__ __volatile__("movdqu (%[in]), %%xmm0\n"
                         "movdqu (%[in]), %%xmm15\n"
                         "paddq %%xmm15, %%xmm15\n"
                         "1:\n"
                         "    mov %[nop], %%eax\n"
                         "    syscall\n"
                         "    dec %[rounds]\n"
                         "    jnz 1b\n"
                         "movdqu %%xmm0, (%[low])\n"
                         "movdqu %%xmm15, (%[high])\n"
                         : [rounds] "+&b"(rounds)
                         : [in] "r"(in), [low] "r"(low), [high] "r"(high), [nop] "i"(SYS_NOP)
                         : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory",
                           "cc", "xmm0", "xmm15");
    return low[0] == pattern && low[1] == ~pattern && high[0] == 2 * pattern
           && high[1] == 2 * ~pattern;
}

bool machine_registers_keep(uint64_t pattern, long number, long a0, long a1) {
    uint64_t in[5], out[5] = {0};
    uint64_t *from = in, *to = out;
    for (unsigned i = 0; i < 5; i++) {
        in[i] = pattern * (i + 1);
    }
    // rbp is kept by hand, because the compiler may need it, and below the red zone.
    __asm__ __volatile__("lea -128(%%rsp), %%rsp\n"
                         "push %%rbp\n"
                         "mov 0(%[in]), %%rbx\n"
                         "mov 8(%[in]), %%rbp\n"
                         "mov 16(%[in]), %%r12\n"
                         "mov 24(%[in]), %%r13\n"
                         "mov 32(%[in]), %%r14\n"
                         "mov %[out], %%r15\n"
                         "syscall\n"
                         "mov %%rbx, 0(%%r15)\n"
                         "mov %%rbp, 8(%%r15)\n"
                         "mov %%r12, 16(%%r15)\n"
                         "mov %%r13, 24(%%r15)\n"
                         "mov %%r14, 32(%%r15)\n"
                         "pop %%rbp\n"
                         "lea 128(%%rsp), %%rsp\n"
                         : [in] "+c"(from), [out] "+d"(to), "+a"(number), "+D"(a0), "+S"(a1)
                         :
                         : "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory",
                           "cc");
    for (unsigned i = 0; i < 5; i++) {
        if (out[i] != in[i]) {
            return false;
        }
    }
    return true;
}

void machine_irq_start(void) {
    rtc_write(RTC_REGISTER_B, rtc_read(RTC_REGISTER_B) | RTC_B_PERIODIC);
    machine_irq_handle();
}

void machine_irq_handle(void) {
    (void) rtc_read(RTC_REGISTER_C);
}

void machine_irq_stop(void) {
    rtc_write(RTC_REGISTER_B, rtc_read(RTC_REGISTER_B) & (uint8_t) ~RTC_B_PERIODIC);
    machine_irq_handle();
}

long machine_syscall(long number) {
    return arch_syscall(number, 0, 0, 0, 0, 0, 0);
}
