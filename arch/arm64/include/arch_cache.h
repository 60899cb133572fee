#ifndef __ARCH_CACHE_H__
#define __ARCH_CACHE_H__

/// \file
/// Every barrier and every cache or TLB operation of the arm64 port, by what it is for (but for the
/// few in boot.S, which runs without a stack). QEMU models neither caches nor the order of memory
/// accesses, so none of these can be seen to be missing there: that is why they are here, and
/// nowhere else.
///
/// Sources: ARM Architecture Reference Manual for A-profile, DDI 0487 ("ARM ARM"), whose sections
/// are given by title, because their numbers change with each issue; Cortex-A53 Technical Reference
/// Manual, DDI 0500 ("A53 TRM"); "BCM2835 ARM Peripherals".

#include <types.h>

/// The compiler keeps memory accesses on their side of it; the processor does what the instruction
/// says.
#define ARM64_BARRIER(insn) __asm__ __volatile__(insn ::: "memory")

// ---- Kernel and programs ------------------------------------------------------------------------

/// The virtual counter. It may be read early, speculatively (ARM ARM, "The virtual counter"): the
/// isb keeps it from being read before what stands before it, such as the message that brought
/// another CPU's time.
static inline uint64_t arm64_read_counter(void) {
    uint64_t value;
    __asm__ __volatile__("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
}

/// Bytes of the smallest data cache line (ARM ARM, CTR_EL0: DminLine is log2 of its words).
static inline size_t arm64_cache_line(void) {
    uint64_t ctr;
    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    return (size_t) 4 << ((ctr >> 16) & 15);
}

/// Writes the cache lines of a range back to memory and drops them, so that who isn't coherent with
/// our caches sees what we wrote, and we will see what it writes: a device's DMA, the VideoCore, a
/// CPU whose MMU is off. No barrier is needed before: the instruction is ordered with accesses to
/// the same line (ARM ARM, "Ordering and completion of data and instruction cache instructions").
/// The one behind waits until all of it is done, for all observers.
static inline void arm64_clean_and_invalidate(vaddr_t vaddr, size_t len) {
    size_t line = arm64_cache_line();
    for (vaddr_t at = ALIGN_DOWN(vaddr, line); at < vaddr + len; at += line) {
        __asm__ __volatile__("dc civac, %0" ::"r"(at) : "memory");
    }
    ARM64_BARRIER("dsb sy");
}

/// Between accesses to two different peripherals: BCM2835's bus may deliver their answers in
/// another order ("BCM2835 ARM Peripherals", 1.3, "Peripheral access precautions for correct memory
/// ordering").
static inline void arm64_between_devices(void) {
    ARM64_BARRIER("dmb sy");
}

// ---- The kernel: page tables --------------------------------------------------------------------

/// An entry of a page table that was invalid is valid now. The table walker of every CPU sees it
/// (dsb ishst), and so do the instructions that follow (isb): ARM ARM, "Ordering of memory accesses
/// from translation table walks". Nothing needs to be dropped: entries that fault are never kept in
/// a TLB ("General TLB maintenance requirements").
static inline void arm64_table_entry_added(void) {
    ARM64_BARRIER("dsb ishst\n\tisb");
}

/// A last-level entry of the address space `asid` was cleared: all CPUs forget it. The store comes
/// first (dsb ishst); the others have forgotten when the second dsb is through (ARM ARM, "General
/// TLB maintenance requirements").
static inline void arm64_table_entry_removed(uint64_t asid, vaddr_t vaddr) {
    uint64_t arg = (asid << 48) | ((vaddr >> 12) & 0xfffffffffff);
    ARM64_BARRIER("dsb ishst");
    __asm__ __volatile__("tlbi vale1is, %0" ::"r"(arg) : "memory");
    ARM64_BARRIER("dsb ish\n\tisb");
}

/// All CPUs forget an address space, with the upper levels of its tables, which a walker may keep,
/// too. Before its pages and tables become somebody else's (ARM ARM, "General TLB maintenance
/// requirements").
static inline void arm64_forget_aspace(uint64_t asid) {
    uint64_t arg = asid << 48;
    ARM64_BARRIER("dsb ishst");
    __asm__ __volatile__("tlbi aside1is, %0" ::"r"(arg) : "memory");
    ARM64_BARRIER("dsb ish\n\tisb");
}

/// This CPU forgets all translations: the boot code's identity mapping is gone, and a bit of SCTLR
/// that TLB entries may hold has changed (ARM ARM, SCTLR_EL1.WXN: "permitted to be cached in a
/// TLB").
static inline void arm64_forget_all(void) {
    ARM64_BARRIER("dsb nshst\n\ttlbi vmalle1\n\tdsb nsh\n\tisb");
}

/// A system register has changed (TTBR0, SCTLR): what follows goes by it. The return to user mode
/// would do as well, but the kernel copies from and to user memory before (ARM ARM,
/// "Synchronization requirements for AArch64 System registers").
static inline void arm64_context_changed(void) {
    ARM64_BARRIER("isb");
}

/// A page that was written as data is about to be executed. Its data goes out to the point of
/// unification, then all CPUs drop their instruction caches, which don't follow the data caches
/// (ARM ARM, "Synchronization and coherency issues between data and instruction accesses").
/// Dropping by address would not do: the A53's instruction cache is indexed virtually (A53 TRM,
/// CTR_EL0.L1Ip), and programs use another address than this one.
static inline void arm64_page_becomes_code(vaddr_t kernel_vaddr) {
    size_t line = arm64_cache_line();
    for (vaddr_t at = kernel_vaddr; at < kernel_vaddr + PAGE_SIZE; at += line) {
        __asm__ __volatile__("dc cvau, %0" ::"r"(at) : "memory");
    }
    ARM64_BARRIER("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb");
}

// ---- The kernel: CPUs ---------------------------------------------------------------------------

/// Wakes CPUs that wait in wfe, once what was written for them has arrived (ARM ARM, "Wait For
/// Event mechanism and Send event": sev is ordered with memory accesses by a dsb only).
static inline void arm64_wake_waiting_cpus(void) {
    ARM64_BARRIER("dsb sy\n\tsev");
}

/// What was written before is seen by the CPU that takes the interrupt which the next register
/// write causes (ARM ARM, "Barrier Litmus Tests": "Using a mailbox to send an interrupt").
static inline void arm64_before_interrupting(void) {
    ARM64_BARRIER("dmb sy");
}

/// Sleeps until an interrupt is pending, masked or not; memory accesses are done first (ARM ARM,
/// "Wait For Interrupt").
static inline void arm64_wait_for_interrupt(void) {
    ARM64_BARRIER("dsb sy\n\twfi");
}

#endif
