#include "x64_board.h"
#include <arch/x64/kernel/x64.h>
#include <bootinfo.h>
#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <string.h>

// What head.S has kept for us.
uint64_t x64_boot_cycles;
uint32_t multiboot_magic;
uint32_t multiboot_info;

#define MULTIBOOT_MAGIC 0x2badb002
#define MB_HAS_CMDLINE  (1u << 2)
#define MB_HAS_MMAP     (1u << 6)
#define MMAP_USABLE     1

/// The loader's information (Multiboot specification, section 3.3).
struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper;
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
};

struct multiboot_mmap {
    uint32_t size;  ///< Of the rest.
    uint64_t base;
    uint64_t len;
    uint32_t type;
} __packed;

/// Low memory up to here is left alone: the BIOS's data, and the page where further CPUs start.
#define LOW_MEMORY 0x10000

void board_entry(void);

void board_entry(void) {
    x64_cpu_early_init(0);
    kernel_boot();
}

uint64_t board_boot_cycles(void) {
    return x64_boot_cycles;
}

void board_early_init(void) {
    serial_init();
    screen_init();
}

/// Adds the whole pages of a range.
static void add_range(struct bootinfo *info, uint64_t base, uint64_t end) {
    base = ALIGN_UP(MAX(base, (uint64_t) LOW_MEMORY), PAGE_SIZE);
    end = ALIGN_DOWN(MIN(end, KERNEL_MAP_LIMIT), PAGE_SIZE);
    // One range is kept free for the kernel, which cuts its own memory out of one.
    if (base < end && info->num_ranges < BOOTINFO_NUM_RANGES - 1) {
        info->ranges[info->num_ranges++] = (struct bootinfo_range){base, end - base};
        info->ram_bytes += end - base;
    }
}

void board_memory_map(struct bootinfo *info) {
    const struct multiboot_info *mb = arch_ram_ptr(multiboot_info);
    if (multiboot_magic != MULTIBOOT_MAGIC || !(mb->flags & MB_HAS_MMAP)) {
        PANIC("the boot loader gave no memory map: it has to speak multiboot 1 (magic 0x%x)",
              multiboot_magic);
    }
    if ((mb->flags & MB_HAS_CMDLINE) && mb->cmdline) {
        memory_take_cmdline(arch_ram_ptr(mb->cmdline));
    }
    for (uint32_t off = 0; off + sizeof(struct multiboot_mmap) <= mb->mmap_length;) {
        const struct multiboot_mmap *range = arch_ram_ptr(mb->mmap_addr + off);
        if (range->type == MMAP_USABLE) {
            add_range(info, range->base, range->base + range->len);
        }
        off += range->size + sizeof(range->size);
    }
}

void board_init(void) {
    apic_init();
    acpi_init(apic_id());
    apic_init_this_cpu();
    clock_init();
}

void board_init_secondary(void) {
    apic_init_this_cpu();
}

void board_console_handed_over(void) {
    screen_hand_over();
}

void board_console_write(const char *text, size_t len) {
    serial_write(text, len);
    screen_write(text, len);
}

int board_console_getc(void) {
    return serial_getc();
}

int board_console_irq(void) {
    return SERIAL_IRQ;
}

// ---- Power --------------------------------------------------------------------------------------

#define DEBUG_EXIT_PORT 0x501
/// Exit codes of QEMU are 2n+1: above those it uses itself.
#define DEBUG_EXIT_BASE 0x10

/// Emulators end here.
static void leave_emulator(int status) {
#ifdef CONFIG_DEBUG_EXIT
    x64_out32(DEBUG_EXIT_PORT, DEBUG_EXIT_BASE + status);
    for (const char *p = "Shutdown"; *p; p++) {
        x64_out8(0x8900, *p);  // Bochs (its user manual, section 8.16).
    }
#else
    (void) status;
#endif
}

__noreturn void board_power_off(int status) {
    leave_emulator(status);
    if (acpi.pm1a_port) {
        x64_out16(acpi.pm1a_port, acpi.pm1a_off);
    }
    if (acpi.pm1b_port) {
        x64_out16(acpi.pm1b_port, acpi.pm1b_off);
    }
    arch_halt();
}

__noreturn void board_reboot(void) {
    x64_out8(0xcf9, 0x06);  // The chip set's reset register.
    x64_out8(0x64, 0xfe);   // The keyboard controller's reset line.
    arch_halt();
}
