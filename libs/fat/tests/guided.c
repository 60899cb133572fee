// What libFuzzer drives: its input is the beginning of a disk, the rest of which is zeroes. Whatever is on it, the library may
// only answer with errors: it must not hang, crash, or touch anything outside the volume (disk.c ends the program if it tries).

#include <stdlib.h>
#include <string.h>

#include "../../blkcache/tests/disk.h"
#include "../../common/tests/random.h"
#include "format.h"
#include "model.h"

#define SECTORS 8192
#define BUFFER_LEN \
    (BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN)
/// Things done to one volume at most.
#define WORK 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct disk disk;
static unsigned work;
static uint32_t random_state;
static uint8_t contents[70000];

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void) argc;
    (void) argv;
    disk_init(&disk, SECTORS, 512, BUFFER_LEN);
    return 0;
}

static void use_file(struct fat_node *node) {
    const uint8_t *data;
    size_t len;
    struct fat_stat stat;
    fat_stat_node(node, &stat);
    for (int i = 0; i < 3; i++) {
        uint64_t offset = (i == 0) ? 0 : random_next(&random_state) % (stat.size + 1);
        if (fat_read(node, offset, 1 + random_below(&random_state, 65536), &data, &len) == OK) {
            for (size_t at = 0; at < len; at += 500) {
                contents[at] ^= data[at];
            }
        }
    }
    if (fat_write(node, random_below(&random_state, 100000), contents,
                  random_below(&random_state, 70000))
            == OK
        && random_below(&random_state, 2)) {
        (void) !fat_truncate(node, random_below(&random_state, 50000));
    }
}

static void explore(struct fat *fat, const char *path, unsigned depth);

/// Whatever a directory says, its names lead to what is in it.
static void check_name(const char *name) {
    size_t len = strnlen(name, FAT_NAME_LEN);
    if (len == 0 || len == FAT_NAME_LEN || strchr(name, '/') != NULL || strcmp(name, ".") == 0
        || strcmp(name, "..") == 0) {
        abort();
    }
}

static void list(struct fat *fat, struct fat_node *node, const char *path, unsigned depth) {
    char name[FAT_NAME_LEN], inner[PATH_BYTES];
    struct fat_stat stat;
    uint64_t position = 0;
    while (work < WORK && fat_list(node, &position, name, &stat) == OK) {
        work++;
        check_name(name);
        if (strlen(path) + strlen(name) + 2 > PATH_BYTES) {
            return;
        }
        size_t len = (path[1] == '\0') ? 0 : strlen(path);
        memcpy(inner, path, len);
        inner[len] = '/';
        memcpy(inner + len + 1, name, strlen(name) + 1);
        explore(fat, inner, depth + 1);
    }
}

static void explore(struct fat *fat, const char *path, unsigned depth) {
    struct fat_node *node;
    struct fat_stat stat;
    if (fat_open(fat, path, &node) != OK) {
        return;
    }
    fat_stat_node(node, &stat);
    if (!stat.is_directory) {
        use_file(node);
    } else if (depth < 6) {
        list(fat, node, path, depth);
    }
    if (random_below(&random_state, 4) == 0) {
        (void) !fat_rename(node,
                           random_below(&random_state, 2) ? "/a new name for it.txt" : "/d/x");
    }
    fat_close(node);
    if (random_below(&random_state, 3) == 0) {
        (void) !fat_remove(fat, path);
    }
}

static void change(struct fat *fat) {
    struct fat_node *node;
    (void) !fat_mkdir(fat, "/d");
    if (fat_create(fat, "/d/created by the test.bin", true, &node) == OK) {
        use_file(node);
        (void) !fat_flush(node);
        fat_close(node);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    len = MIN(len, disk_len(&disk));
    memset(disk.image, 0, disk_len(&disk));
    disk_load(&disk, data, len);
    random_state = (len > 0) ? 1 + data[len - 1] : 1;
    work = 0;
    struct blkcache cache;
    struct fat *fat;
    struct fat_options options = {.now = model_now};
    if (blkcache_init(&cache, &disk.device) != OK) {
        abort();
    }
    if (fat_mount(&fat, &cache, &options) == OK) {
        struct fat_info info;
        (void) !fat_info(fat, &info);
        explore(fat, "/", 0);
        change(fat);
        if (fat_unmount(fat) != OK) {
            fat_discard(fat);
        }
    }
    blkcache_destroy(&cache);
    return 0;
}
