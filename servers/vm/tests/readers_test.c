#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../bootfs_reader.h"
#include "../manifest_reader.h"
#include "images.h"

static struct test_bootfs bootfs __aligned(PAGE_SIZE);
static struct test_manifest manifest;

static const char *init_bootfs(void) {
    return bootfs_init(&bootfs, sizeof(bootfs), 0x100000);
}

TEST("files of bootfs are found by name") {
    make_test_bootfs(&bootfs);
    TEST_EXPECT_STR_EQ(init_bootfs(), NULL);
    const struct bootfs_file *file = bootfs_find("shell");
    TEST_EXPECT_EQ(bootfs_data(file), &bootfs.programs[0]);
    TEST_EXPECT_EQ(bootfs_paddr(bootfs_data(file)), 0x100000 + file->off);
    for (size_t i = 0; i < bootfs_num_files(); i++) {
        TEST_EXPECT_EQ(bootfs_find(bootfs_file(i)->name), bootfs_file(i));
    }
    TEST_EXPECT_EQ(bootfs_find("shel"), NULL);
    TEST_EXPECT_EQ(bootfs_find("zzz"), NULL);
    TEST_EXPECT_EQ(bootfs_find(""), NULL);
}

TEST("a damaged bootfs is refused") {
    make_test_bootfs(&bootfs);
    TEST_EXPECT_STR_EQ(bootfs_init(&bootfs, 8, 0), "no bootfs image");
    bootfs.header.magic++;
    TEST_EXPECT_STR_EQ(init_bootfs(), "no bootfs image");
    make_test_bootfs(&bootfs);
    bootfs.header.version++;
    TEST_EXPECT_STR_EQ(init_bootfs(), "bootfs of another version");

    make_test_bootfs(&bootfs);
    bootfs.header.files_off = 0xfffffffc;
    TEST_EXPECT_STR_EQ(init_bootfs(), "bootfs is cut off");
    make_test_bootfs(&bootfs);
    bootfs.header.num_files = 0xffffffff;
    TEST_EXPECT_STR_EQ(init_bootfs(), "bootfs is cut off");
    make_test_bootfs(&bootfs);
    bootfs.header.len++;
    TEST_EXPECT_STR_EQ(init_bootfs(), "bootfs is cut off");
}

TEST("a file entry that leads out of bootfs is refused") {
    const char *problem = "bootfs has an invalid file entry";
    make_test_bootfs(&bootfs);
    bootfs.files[1].len = sizeof(bootfs);
    TEST_EXPECT_STR_EQ(init_bootfs(), problem);
    make_test_bootfs(&bootfs);
    bootfs.files[1].off = 0xfffff000;
    TEST_EXPECT_STR_EQ(init_bootfs(), problem);
    make_test_bootfs(&bootfs);
    bootfs.files[1].alias_of = bootfs.header.num_files + 1;
    TEST_EXPECT_STR_EQ(init_bootfs(), problem);
    make_test_bootfs(&bootfs);
    bootfs.files[1].off += 16;
    TEST_EXPECT_STR_EQ(init_bootfs(), problem);
    make_test_bootfs(&bootfs);
    memset(bootfs.files[1].name, 'x', BOOTFS_NAME_LEN);
    TEST_EXPECT_STR_EQ(init_bootfs(), problem);
}

static const char *init_manifest(void) {
    return manifest_init(&manifest, sizeof(manifest));
}

TEST("the manifest answers who is who and who may what") {
    make_test_manifest(&manifest);
    TEST_EXPECT_STR_EQ(init_manifest(), NULL);
    TEST_EXPECT_EQ(manifest_find_server("disk"), SERVER_DISK);
    TEST_EXPECT_EQ(manifest_find_server("whatever"), SERVER_APP);
    // Nobody becomes vm by its name.
    TEST_EXPECT_EQ(manifest_find_server("vm"), MANIFEST_NONE);

    TEST_EXPECT(manifest_may_call(SERVER_SHELL, SERVER_DISK));
    TEST_EXPECT(!manifest_may_call(SERVER_DISK, SERVER_SHELL));
    TEST_EXPECT(manifest_may_call(SERVER_DISK, SERVER_VM));

    int disk = manifest_find_service("disk");
    TEST_EXPECT_EQ(disk, 0);
    TEST_EXPECT(manifest_provides(SERVER_DISK, (unsigned) disk));
    TEST_EXPECT(!manifest_provides(SERVER_FLAKY, (unsigned) disk));
    TEST_EXPECT_EQ(manifest_find_service("nothing"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(manifest_grants(manifest_server(SERVER_DISK))[1].kind, GRANT_MMIO);
}

TEST("without [app_default] unknown programs have no entry") {
    make_test_manifest(&manifest);
    manifest.header.default_server = MANIFEST_NONE;
    TEST_EXPECT_STR_EQ(init_manifest(), NULL);
    TEST_EXPECT_EQ(manifest_find_server("whatever"), MANIFEST_NONE);
}

TEST("a manifest with a bad header is refused") {
    make_test_manifest(&manifest);
    TEST_EXPECT_STR_EQ(manifest_init(&manifest, 3), "not a manifest");
    TEST_EXPECT_STR_EQ(manifest_init(&manifest, sizeof(manifest) - 1), "the manifest is cut off");
    manifest.header.version++;
    TEST_EXPECT_STR_EQ(init_manifest(), "a manifest of another version");
    make_test_manifest(&manifest);
    manifest.header.num_servers = NUM_SERVERS_MAX + 1;
    TEST_EXPECT_STR_EQ(init_manifest(), "no servers, or too many");
    make_test_manifest(&manifest);
    manifest.header.num_grants = 0xffff;
    TEST_EXPECT_STR_EQ(init_manifest(), "the manifest is cut off");
    make_test_manifest(&manifest);
    manifest.header.default_server = MANIFEST_VM;
    TEST_EXPECT_STR_EQ(init_manifest(), "no such default server");
}

TEST("a manifest with a bad entry is refused") {
    make_test_manifest(&manifest);
    manifest.servers[SERVER_DISK].num_grants = 0xffff;
    TEST_EXPECT_STR_EQ(init_manifest(), "an invalid server");
    make_test_manifest(&manifest);
    manifest.servers[SERVER_DISK].priority = TASK_PRIORITY_MAX + 1;
    TEST_EXPECT_STR_EQ(init_manifest(), "an invalid server");
    make_test_manifest(&manifest);
    memset(manifest.servers[SERVER_DISK].name, 'x', MANIFEST_NAME_LEN);
    TEST_EXPECT_STR_EQ(init_manifest(), "an invalid server");
    make_test_manifest(&manifest);
    manifest.grants[0].kind = GRANT_CALL;
    TEST_EXPECT_STR_EQ(init_manifest(), "an invalid device range");
    make_test_manifest(&manifest);
    manifest.grants[1].len = UINT64_MAX;
    TEST_EXPECT_STR_EQ(init_manifest(), "an invalid device range");
    make_test_manifest(&manifest);
    manifest.services[1].name[0] = '\0';
    TEST_EXPECT_STR_EQ(init_manifest(), "an invalid service name");
}

TEST("nobody but vm has the rights of vm") {
    make_test_manifest(&manifest);
    manifest.servers[SERVER_SHELL].task_flags |= TASK_RIGHT_PHYS;
    TEST_EXPECT_STR_EQ(init_manifest(), "a server with rights that it can't have");
    make_test_manifest(&manifest);
    manifest.servers[SERVER_SHELL].task_flags |= TASK_ABI_HOOK;
    TEST_EXPECT_STR_EQ(init_manifest(), "a server with rights that it can't have");
}
