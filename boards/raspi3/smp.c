#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>
#include <bootinfo.h>
#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <string.h>

/// How long a CPU may take. They come at once, but an emulator's host may be busy.
#define START_LIMIT_US 1000000

extern char raspi3_secondary[];

/// What head.S reads: how many CPUs are wanted, and their stacks.
unsigned raspi3_num_cpus;
uint64_t raspi3_stacks[NUM_CORES];

void raspi3_secondary_boot(unsigned id);

void raspi3_secondary_boot(unsigned id) {
    arm64_cpu_early_init(id, raspi3_stacks[id]);
    arm64_cpu_init();
    kernel_boot_secondary();
}

/// The N of the word "cpus=N" in the kernel's command line; NUM_CORES if there is none. Quoted
/// text, such as what run="…" runs, is skipped.
static unsigned wanted_cpus(const char *cmdline) {
    bool quoted = false, at_start = true;
    for (const char *p = cmdline; *p; p++) {
        if (!quoted && at_start && !strncmp(p, "cpus=", 5)) {
            unsigned n = (unsigned) (p[5] - '0');
            if (n >= 1 && n <= NUM_CORES && (p[6] == '\0' || p[6] == ' ')) {
                return n;
            }
            WARN("command line: cpus= expects a number from 1 to %d; using all", NUM_CORES);
        }
        quoted ^= *p == '"';
        at_start = *p == ' ';
    }
    return NUM_CORES;
}

/// Tells a CPU where to start. It reads that with its MMU off, past the caches.
static void release(unsigned cpu) {
    uint64_t *slot = arch_ram_ptr(spin_table[cpu]);
    *(volatile uint64_t *) slot = arch_ram_paddr(raspi3_secondary);
    arm64_clean_and_invalidate((vaddr_t) slot, sizeof(*slot));
    arm64_wake_waiting_cpus();
}

static bool start_cpu(unsigned id) {
    raspi3_stacks[id] = arm64_cpus[id].kernel_stack;
    release(id);
    uint64_t start = arch_cycles();
    uint64_t limit = START_LIMIT_US * (board_clock_hz() / 1000000);
    bool online;
    do {
        arch_relax();
        online = __atomic_load_n(&cpus[id].online, __ATOMIC_ACQUIRE);
    } while (!online && arch_cycles() - start < limit);
    clock_count_wait(start);
    return online;
}

unsigned board_start_cpus(void) {
    unsigned wanted = MIN(wanted_cpus(bootinfo.cmdline), (unsigned) CONFIG_NUM_CPUS);
    unsigned num = 1;
    __atomic_store_n(&raspi3_num_cpus, wanted, __ATOMIC_RELEASE);
    while (num < wanted && start_cpu(num)) {
        num++;
    }
    if (num < wanted) {
        WARN("CPU %u doesn't start: going on with %u", num, num);
        __atomic_store_n(&raspi3_num_cpus, num, __ATOMIC_RELEASE);
    }
    // The others wait in the firmware's loop, awake: they come over to sleep.
    for (unsigned id = MAX(num, 1u); id < NUM_CORES; id++) {
        release(id);
    }
    return num;
}
