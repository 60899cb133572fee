#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <string.h>

// What memory there is, and what the kernel takes of it for good while it boots.

extern char __kernel_start[], __kernel_end[];

struct bootinfo bootinfo;
static paddr_t boot_start, boot_next, boot_end;
static size_t boot_bytes;
static size_t num_pages;

/// Finds the RAM range that holds the kernel: what follows the image there is for boot_alloc. Returns how many
/// pages there are up to the end of RAM.
static size_t find_boot_range(paddr_t kernel_end) {
    size_t num_frames = 0;
    boot_next = ALIGN_UP(kernel_end, PAGE_SIZE);
    for (unsigned i = 0; i < bootinfo.num_ranges; i++) {
        struct bootinfo_range *range = &bootinfo.ranges[i];
        if (range->base <= boot_next && boot_next < range->base + range->len) {
            boot_end = ALIGN_DOWN(range->base + range->len, PAGE_SIZE);
        }
        num_frames = MAX(num_frames, (size_t) ((range->base + range->len) / PAGE_SIZE));
    }
    if (!boot_end) {
        PANIC("the boot loader's memory map has no RAM behind the kernel (at %p)",
              (void *) boot_next);
    }
    return num_frames;
}

void *memory_boot_alloc(size_t len) {
    len = ALIGN_UP(len, PAGE_SIZE);
    if (len > boot_end - boot_next) {
        PANIC("out of memory while booting: %zu bytes wanted, %zu left", len,
              (size_t) (boot_end - boot_next));
    }
    void *ptr = arch_ram_ptr(boot_next);
    boot_next += len;
    boot_bytes += len;
    memset(ptr, 0, len);
    return ptr;
}

void memory_init(void) {
    board_memory_map(&bootinfo);
    boot_start = arch_ram_paddr(__kernel_start);
    memory_frames_init(find_boot_range(arch_ram_paddr(__kernel_end)));
    arch_init();
}

/// Cuts the kernel's part out of a range, which may leave two. Returns what lies behind it.
static struct bootinfo_range cut(struct bootinfo_range *range, uint64_t from, uint64_t to) {
    uint64_t end = range->base + range->len;
    struct bootinfo_range behind = {.base = MAX(to, range->base), .len = 0};
    if (from >= end || to <= range->base) {
        return behind;
    }
    behind.len = to < end ? end - to : 0;
    range->len = from > range->base ? from - range->base : 0;
    return behind;
}

void memory_finish_boot(paddr_t bootfs, size_t bootfs_len) {
    struct bootinfo_range behind = {0};
    for (unsigned i = 0; i < bootinfo.num_ranges; i++) {
        struct bootinfo_range rest = cut(&bootinfo.ranges[i], boot_start, boot_next);
        behind = rest.len ? rest : behind;
    }
    if (behind.len && bootinfo.num_ranges < BOOTINFO_NUM_RANGES) {
        bootinfo.ranges[bootinfo.num_ranges++] = behind;
    }
    for (unsigned i = 0; i < bootinfo.num_ranges; i++) {
        num_pages += memory_frames_free(bootinfo.ranges[i].base, bootinfo.ranges[i].len);
    }
    // The first task has bootfs mapped for good, and maps its pages into others.
    num_pages += memory_frames_keep_mapped(bootfs, bootfs_len);
    boot_end = boot_next;
}

size_t memory_num_pages(void) {
    return num_pages;
}

size_t memory_boot_bytes(void) {
    return boot_bytes;
}

uint64_t memory_ram_bytes(void) {
    return bootinfo.ram_bytes;
}

void memory_take_cmdline(const char *text) {
    size_t len = strlen(text);
    if (len >= sizeof(bootinfo.cmdline)) {
        WARN("the command line has %zu characters: what is before the last %zu is lost", len,
             sizeof(bootinfo.cmdline) - 1);
        text += len - (sizeof(bootinfo.cmdline) - 1);
        const char *space = strchr(text, ' ');
        text = space ? space + 1 : text;
    }
    strncpy2(bootinfo.cmdline, text, sizeof(bootinfo.cmdline));
}

const char *memory_cmdline(void) {
    return bootinfo.cmdline;
}
