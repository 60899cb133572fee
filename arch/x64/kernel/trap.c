#include "x64.h"
#include <kernel/copy_sites.h>
#include <kernel/panic.h>
#include <kernel/task.h>

/// An entry of the interrupt descriptor table (SDM 6.14.1).
struct idt_entry {
    uint16_t offset_low;
    uint16_t segment;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_mid;
    uint32_t offset_high;
    uint32_t reserved;
} __packed;

#define GATE_INTERRUPT 0x8e
/// User programs may use it: int3.
#define GATE_USER 0xee

static struct idt_entry idt[256];
extern char x64_trap_stubs[];

static uint8_t ist_of(unsigned vector) {
    switch (vector) {
    case VECTOR_NMI:
        return IST_NMI;
    case VECTOR_DOUBLE:
    case VECTOR_MACHINE:
        return IST_DOUBLE;
    case VECTOR_DEBUG:
        return IST_DEBUG;
    default:
        return 0;
    }
}

void x64_idt_init(void) {
    for (unsigned vector = 0; vector < 256; vector++) {
        uint64_t entry = (uint64_t) x64_trap_stubs + vector * 16;
        idt[vector] = (struct idt_entry){
            .offset_low = entry & 0xffff,
            .segment = SEG_KERNEL_CODE,
            // There is no TSS yet: x64_trap_enable_stacks() adds the stacks.
            .ist = 0,
            .type = vector == VECTOR_BREAKPOINT ? GATE_USER : GATE_INTERRUPT,
            .offset_mid = (entry >> 16) & 0xffff,
            .offset_high = entry >> 32,
        };
    }
    x64_trap_load();
}

void x64_trap_load(void) {
    struct {
        uint16_t limit;
        uint64_t base;
    } __packed idtr = {sizeof(idt) - 1, (uint64_t) idt};
    __asm__ __volatile__("lidt %0" ::"m"(idtr));
}

void x64_trap_enable_stacks(void) {
    for (unsigned vector = 0; vector < VECTOR_IRQ_BASE; vector++) {
        idt[vector].ist = ist_of(vector);
    }
}

// ---- Faults of user programs --------------------------------------------------------------------

#define PF_PRESENT (1u << 0)
#define PF_WRITE   (1u << 1)
#define PF_FETCH   (1u << 4)

STATIC_ASSERT(PF_PRESENT == FAULT_PRESENT && PF_WRITE == FAULT_WRITE && PF_FETCH == FAULT_EXEC << 2,
              "fault_flags() moves the bits");

static unsigned fault_flags(uint64_t error) {
    return (error & (PF_PRESENT | PF_WRITE)) | ((error & PF_FETCH) >> 2);
}

static int exception_of(unsigned vector) {
    switch (vector) {
    case VECTOR_DIVIDE:
        return EXP_DIVIDE;
    case VECTOR_BREAKPOINT:
        return EXP_BREAKPOINT;
    case VECTOR_INVALID:
        return EXP_ILLEGAL;
    case VECTOR_PROTECTION:
        return EXP_PROTECTION;
    case VECTOR_FPU:
    case VECTOR_SIMD:
        return EXP_FPU;
    case VECTOR_ALIGNMENT:
        return EXP_ALIGNMENT;
    default:
        return EXP_OTHER;
    }
}

static __noinline void other_user_trap(unsigned vector) {
    if (vector == VECTOR_NO_FPU) {
        x64_fpu_load();
    } else if (vector != VECTOR_PROTECTION || !x64_ports_load()) {
        kernel_exception(exception_of(vector), (int) vector, 0);
    }
}

void x64_user_trap(struct arch_frame *frame) {
    if (LIKELY(frame->vector == VECTOR_PAGE_FAULT)) {
        kernel_page_fault(x64_read_cr2(), fault_flags(frame->error));
    } else {
        other_user_trap(frame->vector);
    }
}

// ---- Faults of the kernel -----------------------------------------------------------------------

static void print_frame(const struct arch_frame *f) {
    WARN("rip %p  rsp %p  rflags %p  error 0x%llx  cr2 %p", (void *) f->rip, (void *) f->rsp,
         (void *) f->rflags, (unsigned long long) f->error, (void *) x64_read_cr2());
    WARN("rax %p  rbx %p  rcx %p  rdx %p", (void *) f->rax, (void *) f->rbx, (void *) f->rcx,
         (void *) f->rdx);
    WARN("rsi %p  rdi %p  rbp %p  r8  %p", (void *) f->rsi, (void *) f->rdi, (void *) f->rbp,
         (void *) f->r8);
    WARN("r9  %p  r10 %p  r11 %p  r12 %p", (void *) f->r9, (void *) f->r10, (void *) f->r11,
         (void *) f->r12);
    size_t offset;
    const char *name = symbol_find(f->rip, &offset);
    if (name) {
        WARN("at %s()+0x%zx", name, offset);
    }
}

static __noreturn void die(const struct arch_frame *frame) {
    if (!panicked()) {
        print_frame(frame);
    }
    panic("BUG: exception %llu in the kernel at %p", (unsigned long long) frame->vector,
          (void *) frame->rip);
}

void x64_kernel_trap(struct arch_frame *frame) {
    if (frame->vector >= VECTOR_IRQ_BASE) {
        x64_interrupt(frame->vector);
        return;
    }
    vaddr_t landing = copy_site_landing(frame->rip);
    if (landing && frame->vector == VECTOR_PAGE_FAULT && x64_read_cr2() < USER_END) {
        struct x64_cpu *cpu = x64_this_cpu();
        cpu->copy_fault_vaddr = x64_read_cr2();
        cpu->copy_fault_flags = fault_flags(frame->error);
        frame->rip = landing;
    } else if (landing && frame->vector == VECTOR_PROTECTION) {
        // A message across the end of user space: addresses behind it are none. Who asks for more than that it
        // faulted has checked them before.
        frame->rip = landing;
    } else {
        die(frame);
    }
}

void x64_fatal_trap(struct arch_frame *frame) {
    if (frame->vector == VECTOR_NMI && panicked()) {
        arch_halt();
    }
    if (frame->vector == VECTOR_DEBUG) {
        // A user program set the trap flag. There is no debugger in this system to want it.
        frame->rflags &= ~(uint64_t) RFLAGS_TF;
        return;
    }
    if (frame->vector == VECTOR_NMI) {
        WARN("unexpected non-maskable interrupt on CPU %u", arch_cpu_id());
        return;
    }
    die(frame);
}
