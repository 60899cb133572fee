#ifndef __VM_TEST_IMAGES_H__
#define __VM_TEST_IMAGES_H__

/// \file
/// A bootfs image with a manifest and some programs, for tests.

#include <bootfs.h>
#include <manifest.h>
#include <types.h>

/// Servers of the test manifest. "app" is what [app_default] stands for.
enum test_server {
    SERVER_VM,
    SERVER_SHELL,  ///< May call disk and flaky; may launch programs and create tasks.
    SERVER_DISK,   ///< Autostarted, always restarted. Provides "disk". Has devices.
    SERVER_FLAKY,  ///< Restarted twice. Provides "flaky" and "dm".
    SERVER_APP,    ///< May call disk. 40 pages at most.
    NUM_TEST_SERVERS,
};

struct test_manifest {
    struct manifest_header header;
    struct manifest_server servers[NUM_TEST_SERVERS];
    struct manifest_grant grants[2];
    struct manifest_service services[3];
};

/// The programs in the image: one for each server (app: "hello"), and "broken".
#define NUM_TEST_PROGRAMS 5
/// Pages of each: headers, code, constants, data.
#define TEST_PROGRAM_PAGES 4

struct test_bootfs {
    struct bootfs_header header;
    /// The manifest, the programs, "readme", "empty", and "greet", which is a command of disk's.
    struct bootfs_file files[4 + NUM_TEST_PROGRAMS];
    struct test_manifest manifest __aligned(PAGE_SIZE);
    char readme[PAGE_SIZE] __aligned(PAGE_SIZE);
    uint8_t programs[NUM_TEST_PROGRAMS][TEST_PROGRAM_PAGES * PAGE_SIZE] __aligned(PAGE_SIZE);
};

/// Addresses in every test program.
#define TEST_TEXT   (USER_IMAGE_BASE + 1 * PAGE_SIZE)
#define TEST_RODATA (USER_IMAGE_BASE + 2 * PAGE_SIZE)
#define TEST_DATA   (USER_IMAGE_BASE + 3 * PAGE_SIZE)  ///< Then two pages of bss.
#define TEST_END    (USER_IMAGE_BASE + 6 * PAGE_SIZE)

/// Fills in a manifest, and an image with it in it, that are valid.
void make_test_manifest(struct test_manifest *manifest);
void make_test_bootfs(struct test_bootfs *bootfs);

#endif
