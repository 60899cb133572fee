#include "arm64.h"
#include <kernel/copy_sites.h>
#include <kernel/panic.h>
#include <kernel/task.h>

extern char arm64_semihosting_insn[];

#define ESR_WRITE             (1u << 6)
#define ESR_CACHE_MAINTENANCE (1u << 8)  // Counts as a write, but is none.

// The low bits of ESR for aborts (ARM ARM, ISS encoding for an exception from a Data Abort). Those
// of the faults that concern page tables end in the level.
#define FSC(esr)        ((esr) &0x3f)
#define FSC_LEVEL       3u
#define FSC_ADDRESS     0x00  ///< Address size; level 0: beyond what there is.
#define FSC_TRANSLATION 0x04
#define FSC_PERMISSION  0x0c
#define FSC_ALIGNMENT   0x21

static unsigned exception_class(uint64_t esr) {
    return (esr >> ESR_EC_SHIFT) & 0x3f;
}

// ---- Faults of user programs --------------------------------------------------------------------

/// The FAULT_* of an abort. A page that is mapped but must be accessed otherwise is present.
static unsigned fault_flags(uint64_t esr) {
    unsigned flags = (FSC(esr) & ~FSC_LEVEL) == FSC_TRANSLATION ? 0 : FAULT_PRESENT;
    if (exception_class(esr) == EC_FETCH_USER) {
        return flags | FAULT_EXEC;
    }
    bool write = (esr & ESR_WRITE) && !(esr & ESR_CACHE_MAINTENANCE);
    return flags | (write ? FAULT_WRITE : 0);
}

/// Whether the upper 16 bits of an address select neither user space nor the kernel.
static bool is_noncanonical(vaddr_t vaddr) {
    return vaddr >= USER_END && vaddr < KERNEL_BASE;
}

static void abort_of_user(uint64_t esr, vaddr_t vaddr) {
    unsigned fsc = FSC(esr) & ~FSC_LEVEL;
    if (FSC(esr) == FSC_ALIGNMENT) {
        kernel_exception(EXP_ALIGNMENT, (int) exception_class(esr), vaddr);
    } else if (is_noncanonical(vaddr)) {
        kernel_exception(EXP_PROTECTION, (int) exception_class(esr), vaddr);
    } else if (fsc == FSC_TRANSLATION || fsc == FSC_PERMISSION || fsc == FSC_ADDRESS) {
        kernel_page_fault(vaddr, fault_flags(esr));
    } else {
        // The bus refuses: a device's window in which there is no register.
        kernel_exception(EXP_OTHER, (int) exception_class(esr), vaddr);
    }
}

#define INSN_SYSTEM_MASK      0xffc00000u  // msr, mrs, sys, sysl, msr (immediate), hints and barriers.
#define INSN_SYSTEM           0xd5000000u
#define INSN_CALL_MASK        0xffe0001fu  // hvc, smc.
#define INSN_HVC              0xd4000002u
#define INSN_SMC              0xd4000003u
#define INSN_ERET             0xd69f03e0u
#define INSN_USER_ACCESS_MASK 0x3fa00c00u  // ldtr, sttr of any size.
#define INSN_USER_ACCESS      0x38000800u

/// The processor doesn't tell what isn't there from what user mode may not do.
static bool is_privileged(vaddr_t ip) {
    uint32_t insn;
    if (!IS_ALIGNED(ip, 4) || !arch_copy_from_user(&insn, ip, sizeof(insn))) {
        return false;
    }
    uint32_t call = insn & INSN_CALL_MASK;
    return (insn & INSN_SYSTEM_MASK) == INSN_SYSTEM || call == INSN_HVC || call == INSN_SMC
           || insn == INSN_ERET;
}

static int exception_of(unsigned class, vaddr_t ip) {
    switch (class) {
    case EC_UNKNOWN:
        return is_privileged(ip) ? EXP_PROTECTION : EXP_ILLEGAL;
    case EC_WFX:
    case EC_SYSREG:
        return EXP_PROTECTION;
    case EC_PC_ALIGNMENT:
    case EC_SP_ALIGNMENT:
        return EXP_ALIGNMENT;
    case EC_FPU_EXCEPTION:
        return EXP_FPU;
    case EC_BREAKPOINT_INSN:
        return EXP_BREAKPOINT;
    default:
        return EXP_OTHER;
    }
}

static __noinline void other_user_trap(uint64_t esr, vaddr_t far) {
    unsigned class = exception_class(esr);
    if (class == EC_FPU) {
        arm64_fpu_load();
    } else if (class == EC_DATA_USER || class == EC_FETCH_USER) {
        abort_of_user(esr, far);
    } else {
        kernel_exception(exception_of(class, arch_task_ip(current_task())), (int) class, 0);
    }
}

void arm64_user_trap(void) {
    uint64_t esr = arm64_read_esr_el1(), far = arm64_read_far_el1();
    unsigned class = exception_class(esr);
    bool is_missing = (FSC(esr) & ~FSC_LEVEL) == FSC_TRANSLATION && far < USER_END;
    if (is_missing && (class == EC_DATA_USER || class == EC_FETCH_USER)) {
        kernel_page_fault(far, fault_flags(esr));  // Most are this case of abort_of_user().
    } else {
        other_user_trap(esr, far);
    }
}

void arm64_user_system_error(void) {
    // What the bus refuses too late to say which instruction it was: a write to where nothing is.
    kernel_exception(EXP_OTHER, (int) exception_class(arm64_read_esr_el1()), 0);
}

void arm64_fast_interrupt(void) {
    if (panicked()) {
        arch_halt();
    }
    arm64_board_end_fast_interrupt();
}

// ---- Faults of the kernel -----------------------------------------------------------------------

static void print_frame(const struct arch_frame *f, uint64_t esr, uint64_t far) {
    WARN("pc  %p  sp  %p  pstate %p  esr 0x%llx  far %p", (void *) f->pc, (void *) f->sp,
         (void *) f->pstate, (unsigned long long) esr, (void *) far);
    for (int i = 0; i < 28; i += 4) {
        WARN("x%-2d %p  x%-2d %p  x%-2d %p  x%-2d %p", i, (void *) f->x[i], i + 1,
             (void *) f->x[i + 1], i + 2, (void *) f->x[i + 2], i + 3, (void *) f->x[i + 3]);
    }
    WARN("x28 %p  x29 %p  x30 %p", (void *) f->x[28], (void *) f->x[29], (void *) f->x[30]);
    size_t offset;
    const char *name = symbol_find(f->pc, &offset);
    if (name) {
        WARN("at %s()+0x%zx", name, offset);
    }
}

static __noreturn void die(const struct arch_frame *frame, const char *what) {
    uint64_t esr = arm64_read_esr_el1(), far = arm64_read_far_el1();
    if (!panicked()) {
        print_frame(frame, esr, far);
    }
    panic("BUG: %s 0x%x in the kernel at %p", what ? what : "exception", exception_class(esr),
          (void *) frame->pc);
}

/// Whether the instruction is one of ldtr, sttr and their kin: as the program itself, they reach none of the
/// kernel's memory, whatever the address.
static bool is_user_access(vaddr_t pc) {
    return (*(const uint32_t *) pc & INSN_USER_ACCESS_MASK) == INSN_USER_ACCESS;
}

void arm64_kernel_trap(struct arch_frame *frame, const char *what) {
    uint64_t esr = arm64_read_esr_el1(), far = arm64_read_far_el1();
    unsigned class = exception_class(esr);
    vaddr_t landing = copy_site_landing(frame->pc);
    if (!what && landing && class == EC_DATA_KERNEL && is_user_access(frame->pc)) {
        struct arm64_cpu *cpu = arm64_this_cpu();
        cpu->copy_fault_vaddr = far;
        cpu->copy_fault_flags = fault_flags(esr);
        frame->pc = landing;
    } else if (!what && class == EC_UNKNOWN && frame->pc == (uint64_t) arm64_semihosting_insn) {
        frame->pc += 4;
    } else {
        die(frame, what);
    }
}

// ---- Semihosting --------------------------------------------------------------------------------

#define SYS_EXIT_EXTENDED            0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

long arm64_semihosting(long operation, const void *arguments);

void arm64_semihosting_exit(uint64_t code) {
    const uint64_t arguments[2] = {ADP_STOPPED_APPLICATION_EXIT, code};
    (void) arm64_semihosting(SYS_EXIT_EXTENDED, arguments);
}
