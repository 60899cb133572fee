#include <bootfs.h>
#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <sanitizer.h>
#include <string.h>

extern char __kernel_start[], __kernel_end[], __bootfs[], __bootfs_end[];

/// Maps `len` bytes of bootfs, from *offset on, into the first task at *vaddr.
static void map_init(struct task *task, vaddr_t *vaddr, size_t *offset, size_t len,
                     unsigned flags) {
    for (size_t done = 0; done < len; done += PAGE_SIZE) {
        memory_map_init_page(task, *vaddr, arch_ram_paddr(__bootfs + *offset), flags);
        *vaddr += PAGE_SIZE;
        *offset += PAGE_SIZE;
    }
}

/// Gives the first task its image, bootfs and what the boot loader said.
static void load_init(struct task *task, const struct bootfs_header *header) {
    vaddr_t vaddr = USER_IMAGE_BASE;
    size_t offset = header->init_off;
    map_init(task, &vaddr, &offset, header->init_text_len, MAP_X);
    map_init(task, &vaddr, &offset, header->init_ro_len, 0);
    map_init(task, &vaddr, &offset, header->init_rw_len, MAP_W);
    vaddr = BOOTFS_VADDR;
    offset = 0;
    map_init(task, &vaddr, &offset, header->len, 0);
    struct bootinfo *info = memory_boot_alloc(sizeof(bootinfo));
    memory_map_init_page(task, BOOTINFO_VADDR, arch_ram_paddr(info), 0);
    memory_finish_boot(bootinfo.bootfs_paddr, header->len);
    memcpy(info, &bootinfo, sizeof(bootinfo));
}

static void start_init(void) {
    const struct bootfs_header *header = (const struct bootfs_header *) (void *) __bootfs;
    if (header->magic != BOOTFS_MAGIC || header->version != BOOTFS_VERSION) {
        PANIC("the boot file system linked into the kernel is damaged");
    }
    bootinfo.magic = BOOTINFO_MAGIC;
    bootinfo.num_cpus = num_cpus;
    bootinfo.num_tasks = CONFIG_NUM_TASKS;
    bootinfo.bootfs_paddr = arch_ram_paddr(__bootfs);
    bootinfo.bootfs_len = header->len;
    struct task *task = task_create_init(header->init_entry);
    load_init(task, header);
    cpu_acquire(this_cpu());
    task->base_priority = 0;
    sched_set_priority(task, 0);
    sched_wake(task);
    cpu_release();
}

/// Nobody can know the canaries of stack frames beforehand. No caller of this function ever returns.
__no_stack_protector static void init_stack_guard(void) {
    __stack_chk_guard ^= (uintptr_t) arch_cycles() * 0x9e3779b97f4a7c15u;
}

__noreturn __no_stack_protector void kernel_boot(void) {
    init_stack_guard();
    board_early_init();
    printk("\nResea, %u tasks at most\n", CONFIG_NUM_TASKS);
    board_memory_map(&bootinfo);
    memory_init(arch_ram_paddr(__kernel_start), arch_ram_paddr(__kernel_end));
    arch_init();
    board_init();
    timer_init();
    task_init();
    for (unsigned i = 0; i < CONFIG_NUM_CPUS; i++) {
        cpus[i].id = i;
    }
    sched_init(&cpus[0], 0);
    num_cpus = board_start_cpus();
    INFO("%u CPU%s, %llu MiB of RAM, %llu MHz", num_cpus, num_cpus == 1 ? "" : "s",
         (unsigned long long) bootinfo.ram_bytes >> 20,
         (unsigned long long) board_clock_hz() / 1000000);
    console_init();
    start_init();
    // Booting was work, not idleness.
    this_cpu()->accounted = arch_cycles();
    kernel_resume();
}

__noreturn void kernel_boot_secondary(void) {
    board_init_secondary();
    unsigned id = arch_cpu_id();
    sched_init(&cpus[id], id);
    kernel_resume();
}

/// What the current task has to do before it goes on. False: it can't go on.
static bool do_work(struct task *task) {
    if (task->work & WORK_FAULT) {
        task->work &= ~WORK_FAULT;
        ipc_report(TASK_FAULTED);
        return false;
    }
    task->work &= ~WORK_DELIVER;
    if (!ipc_deliver()) {
        task->work |= WORK_DELIVER;
        task->fault.vaddr = arch_copy_fault(&task->fault.flags);
        ipc_report(TASK_FAULTED);
        return false;
    }
    return true;
}

void kernel_page_fault(vaddr_t vaddr, unsigned fault) {
    struct task *task = current_task();
    task->fault.vaddr = vaddr;
    task->fault.flags = fault;
    ipc_report(TASK_FAULTED);
}

void kernel_exception(int exception, int value, vaddr_t addr) {
    task_stop(exception, value, addr);
}

__noreturn void kernel_resume(void) {
    struct cpu *cpu = this_cpu();
    while (true) {
        if (__atomic_load_n(&cpu->resched, __ATOMIC_ACQUIRE) || !cpu->current) {
            sched_pick();
            continue;
        }
        struct task *task = cpu->current;
        if (!task->work || do_work(task)) {
            arch_resume(task);
        }
    }
}
