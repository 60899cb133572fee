#include <bootfs.h>
#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <string.h>

extern char __bootfs[];

void memory_init_data(const char **start, const char **end) {
    const struct bootfs_header *header = (const struct bootfs_header *) (void *) __bootfs;
    *start = __bootfs + header->init_off + ALIGN_UP(header->init_text_len, PAGE_SIZE)
             + ALIGN_UP(header->init_ro_len, PAGE_SIZE);
    *end = *start + ALIGN_UP(header->init_rw_len, PAGE_SIZE);
}

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
static void map_all(struct task *task, const struct bootfs_header *header) {
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

void memory_load_init(struct task *task) {
    const struct bootfs_header *header = (const struct bootfs_header *) (void *) __bootfs;
    if (header->magic != BOOTFS_MAGIC || header->version != BOOTFS_VERSION) {
        PANIC("the boot file system linked into the kernel is damaged");
    }
    bootinfo.magic = BOOTINFO_MAGIC;
    bootinfo.num_cpus = num_cpus;
    bootinfo.num_tasks = CONFIG_NUM_TASKS;
    bootinfo.bootfs_paddr = arch_ram_paddr(__bootfs);
    bootinfo.bootfs_len = header->len;
    struct task_template template = {.name = "vm"};
    memory_init_task(task, &template);
    arch_task_init(task, header->init_entry);
    map_all(task, header);
}
