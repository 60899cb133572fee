#include "images.h"

#include <stdlib.h>
#include <string.h>

#include "../elf.h"

static void add_server(struct test_manifest *manifest, enum test_server number, const char *name) {
    strncpy2(manifest->servers[number].name, name, MANIFEST_NAME_LEN);
    manifest->servers[number].priority = 3;
}

static void allow(struct test_manifest *manifest, enum test_server from, enum test_server to) {
    manifest->servers[from].may_call[to / 32] |= 1u << (to % 32);
}

void make_test_manifest(struct test_manifest *manifest) {
    memset(manifest, 0, sizeof(*manifest));
    manifest->header = (struct manifest_header){
        .magic = MANIFEST_MAGIC,
        .version = MANIFEST_VERSION,
        .num_servers = NUM_TEST_SERVERS,
        .num_grants = 2,
        .num_services = 3,
        .default_server = SERVER_APP,
    };
    add_server(manifest, SERVER_VM, "vm");
    add_server(manifest, SERVER_SHELL, "shell");
    add_server(manifest, SERVER_DISK, "disk");
    add_server(manifest, SERVER_FLAKY, "flaky");
    add_server(manifest, SERVER_APP, "app");
    allow(manifest, SERVER_SHELL, SERVER_DISK);
    allow(manifest, SERVER_SHELL, SERVER_FLAKY);
    allow(manifest, SERVER_APP, SERVER_DISK);

    manifest->servers[SERVER_SHELL].task_flags = TASK_RIGHT_LAUNCH | TASK_RIGHT_TASK;
    manifest->servers[SERVER_APP].max_pages = 40;
    struct manifest_server *disk = &manifest->servers[SERVER_DISK];
    disk->autostart = 1;
    disk->restart = RESTART_ALWAYS;
    disk->backoff_ms = 20;
    disk->num_grants = 2;
    disk->num_services = 1;
    struct manifest_server *flaky = &manifest->servers[SERVER_FLAKY];
    flaky->restart = RESTART_ON_CRASH;
    flaky->restart_max = 2;
    flaky->backoff_ms = 100;
    flaky->first_service = 1;
    flaky->num_services = 2;

    manifest->grants[0] = (struct manifest_grant){.kind = GRANT_IRQ, .base = 9, .len = 1};
    manifest->grants[1] =
        (struct manifest_grant){.kind = GRANT_MMIO, .base = 0xfe000000, .len = 4 * PAGE_SIZE};
    strncpy2(manifest->services[0].name, "disk", MANIFEST_NAME_LEN);
    strncpy2(manifest->services[1].name, "flaky", MANIFEST_NAME_LEN);
    strncpy2(manifest->services[2].name, "dm", MANIFEST_NAME_LEN);
}

static struct elf_phdr load(unsigned flags, size_t page, size_t filesz, size_t memsz) {
    return (struct elf_phdr){
        .p_type = ELF_PT_LOAD,
        .p_flags = flags,
        .p_offset = page * PAGE_SIZE,
        .p_vaddr = USER_IMAGE_BASE + page * PAGE_SIZE,
        .p_filesz = filesz,
        .p_memsz = memsz,
    };
}

static void make_program(uint8_t *bytes) {
    struct elf_header *header = (struct elf_header *) bytes;
    memcpy(header->e_ident, ELF_MAGIC, ELF_MAGIC_LEN);
    header->e_ident[ELF_IDENT_CLASS] = ELF_CLASS;
    header->e_ident[ELF_IDENT_DATA] = ELF_DATA_LITTLE;
    header->e_ident[ELF_IDENT_VERSION] = ELF_VERSION;
    header->e_type = ELF_TYPE_EXEC;
    header->e_machine = ELF_MACHINE;
    header->e_version = ELF_VERSION;
    header->e_entry = TEST_TEXT;
    header->e_phoff = sizeof(*header);
    header->e_phentsize = sizeof(struct elf_phdr);
    header->e_phnum = 3;
    struct elf_phdr *phdrs = (struct elf_phdr *) (header + 1);
    phdrs[0] = load(ELF_PF_R | ELF_PF_X, 1, 100, 100);
    phdrs[1] = load(ELF_PF_R, 2, PAGE_SIZE, PAGE_SIZE);
    phdrs[2] = load(ELF_PF_R | ELF_PF_W, 3, 10, 3 * PAGE_SIZE);
    memset(&bytes[PAGE_SIZE], 'T', 100);
    memset(&bytes[2 * PAGE_SIZE], 'R', PAGE_SIZE);
    // More than the ten bytes that are the program's.
    memset(&bytes[3 * PAGE_SIZE], 'D', 20);
}

static void add_file(struct test_bootfs *bootfs, int index, const char *name, const void *data,
                     size_t len) {
    struct bootfs_file *file = &bootfs->files[index];
    strncpy2(file->name, name, BOOTFS_NAME_LEN);
    file->off = (uint32_t) ((const uint8_t *) data - (const uint8_t *) bootfs);
    file->len = (uint32_t) len;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(((const struct bootfs_file *) a)->name, ((const struct bootfs_file *) b)->name);
}

static void sort_files(struct test_bootfs *bootfs) {
    qsort(bootfs->files, bootfs->header.num_files, sizeof(bootfs->files[0]), compare_names);
}

static struct bootfs_file *find_file(struct test_bootfs *bootfs, const char *name) {
    struct bootfs_file *file = bootfs->files;
    while (strcmp(file->name, name) != 0) {
        file++;
    }
    return file;
}

void make_test_bootfs(struct test_bootfs *bootfs) {
    static const char *names[NUM_TEST_PROGRAMS] = {"shell", "disk", "flaky", "hello", "broken"};
    memset(bootfs, 0, sizeof(*bootfs));
    bootfs->header = (struct bootfs_header){
        .magic = BOOTFS_MAGIC,
        .version = BOOTFS_VERSION,
        .files_off = offsetof(struct test_bootfs, files),
        .num_files = 4 + NUM_TEST_PROGRAMS,
        .len = sizeof(*bootfs),
    };
    make_test_manifest(&bootfs->manifest);
    add_file(bootfs, 0, BOOTFS_MANIFEST, &bootfs->manifest, sizeof(bootfs->manifest));
    for (int i = 0; i < NUM_TEST_PROGRAMS; i++) {
        make_program(bootfs->programs[i]);
        add_file(bootfs, 1 + i, names[i], bootfs->programs[i], sizeof(bootfs->programs[i]));
    }
    bootfs->programs[NUM_TEST_PROGRAMS - 1][0] = 'X';

    strncpy2(bootfs->readme, "Read me.", sizeof(bootfs->readme));
    add_file(bootfs, 1 + NUM_TEST_PROGRAMS, "readme", bootfs->readme, strlen(bootfs->readme));
    add_file(bootfs, 2 + NUM_TEST_PROGRAMS, "empty", bootfs->readme, 0);
    add_file(bootfs, 3 + NUM_TEST_PROGRAMS, "greet", bootfs->programs[1],
             sizeof(bootfs->programs[1]));
    sort_files(bootfs);
    find_file(bootfs, "greet")->alias_of =
        (uint32_t) (find_file(bootfs, "disk") - bootfs->files) + 1;
}
