#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>
#include <bootinfo.h>
#include <firmware/atags.h>
#include <firmware/fdt.h>
#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <string.h>

/// Where ATAGs are if x0 doesn't lead to anything.
#define ATAGS_DEFAULT 0x100ul
#define ATAGS_MAX_LEN 0x4000ul
#define FDT_MAX_LEN   (1ul << 20)
#define MAX_RESERVED  64

struct range {
    uint64_t base, end;
};

extern paddr_t raspi3_boot_info;

uint64_t spin_table[NUM_CORES] = {
    SPIN_TABLE_DEFAULT(0),
    SPIN_TABLE_DEFAULT(1),
    SPIN_TABLE_DEFAULT(2),
    SPIN_TABLE_DEFAULT(3),
};

static struct range reserved[MAX_RESERVED];
static unsigned num_reserved;

// ---- Ranges -------------------------------------------------------------------------------------

static void reserve(uint64_t base, uint64_t len, void *arg __unused) {
    if (!len) {
        return;
    }
    if (num_reserved == MAX_RESERVED) {
        PANIC("the firmware reserves more than %d ranges of RAM", MAX_RESERVED);
    }
    uint64_t end = base + len < base ? UINT64_MAX : base + len;
    reserved[num_reserved++] = (struct range){base, end};
}

static void add_pages(struct bootinfo *info, uint64_t base, uint64_t end) {
    base = ALIGN_UP(base, PAGE_SIZE);
    end = ALIGN_DOWN(end, PAGE_SIZE);
    // One range is kept free for the kernel, which cuts its own memory out of one.
    if (base < end && info->num_ranges < BOOTINFO_NUM_RANGES - 1) {
        info->ranges[info->num_ranges++] = (struct bootinfo_range){base, end - base};
        info->ram_bytes += end - base;
    }
}

/// The reserved range that comes first in what is between `from` and `end`; NULL if there is none.
static const struct range *first_reserved(uint64_t from, uint64_t end) {
    const struct range *first = NULL;
    for (unsigned i = 0; i < num_reserved; i++) {
        const struct range *range = &reserved[i];
        if (range->base < end && range->end > from && (!first || range->base < first->base)) {
            first = range;
        }
    }
    return first;
}

/// Adds RAM, less what is reserved of it.
static void add_ram(struct bootinfo *info, uint64_t base, uint64_t len) {
    uint64_t from = MIN(base, PERIPHERALS);
    uint64_t end = len > PERIPHERALS - from ? PERIPHERALS : from + len;
    while (from < end) {
        const struct range *hole = first_reserved(from, end);
        add_pages(info, from, hole ? MAX(hole->base, from) : end);
        from = hole ? hole->end : end;
    }
    // Named twice, it is there but once.
    reserve(base, len, NULL);
}

// ---- The device tree ----------------------------------------------------------------------------

// The names of nodes and properties: Devicetree Specification 0.3, chapter 3.

struct tree {
    struct bootinfo *info;
    bool add_memory;
};

/// Whether the property belongs to a node of this name, whose parent is the root, or `parent`.
static bool is_at(const struct fdt_property *property, const char *parent, const char *node) {
    int depth = parent ? 2 : 1;
    return property->depth == depth && (!node || fdt_is_named(property->nodes[depth], node))
           && (!parent || fdt_is_named(property->nodes[1], parent));
}

static void for_each_reg(const struct fdt_property *property,
                         void (*visit)(uint64_t base, uint64_t len, void *arg), void *arg) {
    size_t offset = 0;
    uint64_t base, len;
    while (fdt_number(property, &offset, property->address_cells, &base)
           && fdt_number(property, &offset, property->size_cells, &len)) {
        visit(base, len, arg);
    }
}

static void visit_memory(uint64_t base, uint64_t len, void *arg) {
    add_ram(arg, base, len);
}

/// Where a CPU waits. The number is the one in its node's name, which is its "reg".
static void note_release_address(const struct fdt_property *property) {
    const char *at = strchr(property->nodes[property->depth], '@');
    unsigned cpu = at ? (unsigned) (at[1] - '0') : NUM_CORES;
    size_t offset = 0;
    uint64_t address;
    if (cpu < NUM_CORES && at[2] == '\0' && fdt_number(property, &offset, 2, &address)
        && address < PERIPHERALS && IS_ALIGNED(address, sizeof(address))) {
        spin_table[cpu] = address;
    }
}

/// First for everything but memory, then for memory: what is reserved has to be known by then.
static bool visit_property(const struct fdt_property *property, void *arg) {
    struct tree *tree = arg;
    bool is_reg = !strcmp(property->name, "reg");
    if (tree->add_memory) {
        if (is_reg && is_at(property, NULL, "memory")) {
            for_each_reg(property, visit_memory, tree->info);
        }
    } else if (is_reg && is_at(property, "reserved-memory", NULL)) {
        for_each_reg(property, reserve, NULL);
    } else if (is_at(property, NULL, "chosen") && !strcmp(property->name, "bootargs")) {
        const char *text = fdt_string(property);
        memory_take_cmdline(text ? text : "");
    } else if (is_at(property, "cpus", "cpu") && !strcmp(property->name, "cpu-release-addr")) {
        note_release_address(property);
    }
    return true;
}

static bool read_device_tree(struct bootinfo *info, const void *blob, size_t max_len) {
    struct tree tree = {.info = info};
    if (!fdt_size(blob, max_len)) {
        return false;
    }
    bool good = fdt_reservations(blob, max_len, reserve, NULL);
    good &= fdt_walk(blob, max_len, visit_property, &tree);
    tree.add_memory = true;
    good &= fdt_walk(blob, max_len, visit_property, &tree);
    if (!good) {
        WARN("the device tree is damaged; going on with what could be read");
    }
    return info->num_ranges > 0;
}

// ---- ATAGs --------------------------------------------------------------------------------------

static bool read_atags(struct bootinfo *info, paddr_t paddr) {
    struct atags atags;
    if (!IS_ALIGNED(paddr, 4) || !atags_read(arch_ram_ptr(paddr), ATAGS_MAX_LEN, &atags)) {
        return false;
    }
    for (unsigned i = 0; i < atags.num_ranges; i++) {
        add_ram(info, atags.ranges[i].base, atags.ranges[i].len);
    }
    memory_take_cmdline(atags.cmdline);
    return info->num_ranges > 0;
}

void board_memory_map(struct bootinfo *info) {
    paddr_t paddr = raspi3_boot_info;
    bool in_ram = IS_ALIGNED(paddr, 4) && paddr < PERIPHERALS - FDT_MAX_LEN;
    reserve(0, FIRMWARE_END, NULL);
    if (in_ram
        && (read_device_tree(info, arch_ram_ptr(paddr), FDT_MAX_LEN) || read_atags(info, paddr))) {
        return;
    }
    if (!read_atags(info, ATAGS_DEFAULT)) {
        PANIC(
            "the firmware passes neither a device tree nor ATAGs (x0 was %p): there must be a file "
            "bcm2710-rpi-3-b.dtb on the SD card",
            (void *) paddr);
    }
}
