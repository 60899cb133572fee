// kernel/board.h for the simulated machine, and what a linker script gives the kernel.

#include "host.h"

#include <bootfs.h>
#include <kernel/board.h>
#include <kernel/panic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host_machine.h"

#define BOOTFS_OFFSET 0x2000
#define BOOTFS_LEN    0x2000

/// What the build makes of the kernel's symbols; here, of three that aren't there.
extern const struct host_symtab {
    uint32_t magic, count;
    uint64_t base;
    struct {
        uint32_t addr_off, name_off;
    } entries[3];
    char strings[20];
} __symtab;

const struct host_symtab __symtab = {
    .magic = 0x4d595352,
    .count = 3,
    .base = 0x1000,
    .entries = {{0, 0}, {0x800, 6}, {0x1000, 13}},
    .strings = "first\0second\0third",
};

struct host host = {.num_cpus = HOST_CPUS, .now = 1, .input = ""};

void board_early_init(void) {
    struct bootfs_header *header = (struct bootfs_header *) (void *) (host_ram + BOOTFS_OFFSET);
    *header = (struct bootfs_header){
        .magic = BOOTFS_MAGIC,
        .version = BOOTFS_VERSION,
        .init_entry = USER_IMAGE_BASE,
        .init_off = PAGE_SIZE,
        .init_rw_len = PAGE_SIZE,
        .len = BOOTFS_LEN,
    };
}

void board_memory_map(struct bootinfo *info) {
    info->num_ranges = 1;
    info->ranges[0] = (struct bootinfo_range){HOST_RAM_BASE, HOST_RAM_SIZE};
    info->ram_bytes = HOST_RAM_SIZE;
    strncpy2(info->cmdline, "host test", sizeof(info->cmdline));
}

void board_init(void) {}
void board_init_secondary(void) {}

unsigned board_start_cpus(void) {
    for (unsigned i = 1; i < host.num_cpus; i++) {
        host.cpus[i].ipi = true;
    }
    return host.num_cpus;
}

void board_send_ipi(unsigned cpu) {
    if (cpu >= host.num_cpus || cpu == host.cpu) {
        host_die("an IPI to no other CPU");
    }
    host.cpus[cpu].ipi = true;
}

void board_stop_cpus(void) {}

void board_irq_unmask(unsigned irq) {
    host.unmasked[irq] = true;
}

void board_irq_mask(unsigned irq) {
    host.unmasked[irq] = false;
}

uint64_t board_clock_hz(void) {
    return 1000000;
}

uint64_t board_boot_wait_cycles(void) {
    return 7;
}

uint64_t board_boot_cycles(void) {
    return 1;
}

void board_timer_set(uint64_t deadline) {
    host.cpus[host.cpu].timer = deadline;
}

void board_console_handed_over(void) {
    host.handed_over++;
}

void board_console_write(const char *text, size_t len) {
    if (host.on_output) {
        host.on_output();
    }
    for (size_t i = 0; i < len && host.output_len < sizeof(host.output) - 1; i++) {
        host.output[host.output_len++] = text[i];
    }
}

int board_console_getc(void) {
    return *host.input ? (uint8_t) *host.input++ : -1;
}

int board_console_irq(void) {
    return HOST_CONSOLE_IRQ;
}

bool board_owns_mmio(paddr_t paddr, size_t len) {
    return paddr < HOST_BOARD_MMIO + PAGE_SIZE && HOST_BOARD_MMIO < paddr + len;
}

// ---- Power: only a child process may switch itself off ------------------------------------------

/// Where a child's console output goes at its end.
static int child_output = -1;

#define STATUS_REBOOT 40

static __noreturn void leave(int status) {
    if (child_output < 0) {
        host_die("the machine was switched off");
    }
    ssize_t written = write(child_output, host.output, host.output_len);
    _exit(written == (ssize_t) host.output_len ? status : 255);
}

__noreturn void board_power_off(int status) {
    leave(status);
}

__noreturn void board_reboot(void) {
    leave(STATUS_REBOOT);
}

bool host_ends_with_status(void (*body)(void), int status) {
    int fds[2];
    if (pipe(fds) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        child_output = fds[1];
        host_clear_output();
        body();
        _exit(254);
    }
    close(fds[1]);
    host_clear_output();
    ssize_t len;
    while ((len = read(fds[0], host.output + host.output_len,
                       sizeof(host.output) - 1 - host.output_len))
           > 0) {
        host.output_len += (size_t) len;
    }
    close(fds[0]);
    int wait_status = -1;
    return waitpid(pid, &wait_status, 0) == pid && WIFEXITED(wait_status)
           && WEXITSTATUS(wait_status) == status;
}
