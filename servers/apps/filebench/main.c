// Measures what reading, writing and creating files costs, in cycles that CPUs are busy: everybody's, the disk's driver and the
// kernel included, but not the waits for the disk. Under an emulator that counts instructions these are instructions.

#include <fs.h>
#include <resea/cmdline.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

/// A file that doesn't fit into the cache.
#define FILE_MIB  8
#define NUM_FILES 200
#define MIB       1048576u

#define FOLDER   "/filebench"
#define PATH_LEN 64

static uint8_t data[FS_TRANSFER_MAX];

static void check(error_t err, const char *what) {
    if (IS_ERROR(err)) {
        printf("filebench: %s: %s\n", what, fs_error_text(err));
        task_exit_with(1);
    }
}

static uint64_t busy_cycles(void) {
    uint64_t sum = 0;
    struct cpu_info info;
    for (unsigned cpu = 0; IS_OK(sys_info(INFO_CPU, cpu, &info, sizeof(info))); cpu++) {
        sum += info.busy_cycles;
    }
    return sum;
}

/// All data are on the disk, and nobody has anything left to do.
static void settle(void) {
    check(fs_sync(FOLDER), "sync");
}

static void measure_write(struct fs_file *file) {
    settle();
    uint64_t start = busy_cycles();
    for (uint64_t offset = 0; offset < FILE_MIB * MIB; offset += sizeof(data)) {
        check(fs_write(file, offset, data, sizeof(data)), "write");
    }
    check(fs_flush(file), "flush");
    METRIC("fat.write_per_mib", (busy_cycles() - start) / FILE_MIB, "cycles");
}

static void measure_read(struct fs_file *file) {
    settle();
    uint64_t start = busy_cycles();
    for (uint64_t offset = 0; offset < FILE_MIB * MIB; offset += FS_TRANSFER_MAX) {
        void *read;
        size_t len;
        check(fs_read(file, offset, FS_TRANSFER_MAX, &read, &len), "read");
        free(read);
    }
    METRIC("fat.read_per_mib", (busy_cycles() - start) / FILE_MIB, "cycles");
}

static void file_path(unsigned number, char path[PATH_LEN]) {
    snprintf(path, PATH_LEN, FOLDER "/files/file number %u.txt", number);
}

static void measure_create(void) {
    char path[PATH_LEN];
    check(fs_mkdir(FOLDER "/files"), "mkdir");
    settle();
    uint64_t start = busy_cycles();
    for (unsigned i = 0; i < NUM_FILES; i++) {
        struct fs_file file;
        file_path(i, path);
        check(fs_create(path, false, &file), path);
        fs_close(&file);
    }
    settle();
    METRIC("fat.create_files", (busy_cycles() - start) / NUM_FILES, "cycles");
}

static void clean_up(void) {
    char path[PATH_LEN];
    for (unsigned i = 0; i < NUM_FILES; i++) {
        file_path(i, path);
        check(fs_remove(path), path);
    }
    check(fs_remove(FOLDER "/files"), "rmdir");
    check(fs_remove(FOLDER "/large file.bin"), "remove");
    check(fs_unmount(FOLDER), "unmount");
}

static const char *get_unit(void) {
    static char line[PATH_LEN];
    static char *words[3];
    strncpy2(line, program_cmdline(), sizeof(line));
    if (cmdline_split(line, words, 3) != 2) {
        printf("usage: filebench UNIT\n");
        task_exit_with(2);
    }
    return words[1];
}

void main(void) {
    memset(data, 0x5a, sizeof(data));
    check(fs_mount("fs.fat", get_unit(), false, FOLDER), "mount");
    struct fs_file file;
    check(fs_create(FOLDER "/large file.bin", false, &file), "create");
    measure_write(&file);
    measure_read(&file);
    fs_close(&file);
    measure_create();
    clean_up();
}
