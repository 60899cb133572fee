// Power cuts while something is renamed. Whatever set of sectors has reached the disk, the file is found under its old
// name or its new one, and under no other: fsck.fat leaves a file of several names under the one that it finds first.

#include <fat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../../blkcache/tests/disk.h"
#include "../../common/tests/random.h"
#include "format.h"

#define BUFFER_LEN \
    (BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN)
#define PER_SECTOR 16
#define PATH_BYTES 600
/// Sets of unflushed sectors that are tried at each write; if there are no more, all.
#define SETS_MAX 32
#define CONTENTS "what was flushed"

#define LONG_80 "a name that is so long that its entries are in two sectors wherever they begin,"
#define LONG    LONG_80 LONG_80 LONG_80 " once more.txt"

/// What is renamed, and where.
struct scene {
    const char *from, *to;
    const char *file;       ///< Behind both: the file in question, if a directory is renamed.
    bool replaces;          ///< There is a file of the new name.
    const char *unflushed;  ///< A directory that is created just before.
};

static const struct scene scenes[] = {
    {.from = "/a.txt", .to = "/" LONG},
    {.from = "/" LONG, .to = "/b.txt"},
    {.from = "/A longer name.txt", .to = "/Another longer name, as well.txt"},
    {.from = "/Mixed.txt", .to = "/MIXED.TXT"},
    {.from = "/MIXED.TXT", .to = "/Mixed.txt"},
    {.from = "/d1/a.txt", .to = "/Another longer name.txt"},
    {.from = "/A longer name.txt", .to = "/d2/b.txt"},
    {.from = "/d2/A longer name.txt", .to = "/d1/" LONG},
    {.from = "/A longer name.txt", .to = "/Another longer name.txt", .replaces = true},
    {.from = "/d1/A longer name.txt", .to = "/d2/Another longer name.txt", .replaces = true},
    {.from = "/d2/a.txt", .to = "/d1/" LONG, .replaces = true},
    {.from = "/A directory.dir", .to = "/d1/" LONG, .file = "/file"},
    {.from = "/d2/dir", .to = "/Another directory.dir", .file = "/file"},
    {.from = "/d2/a.txt", .to = "/A new directory/a.txt", .unflushed = "/A new directory"},
};

static const struct format format = {12, 512, 1, 200, 128, 2};

static struct disk disk;
static struct disk survivor;  ///< What a cut leaves of it.
static struct blkcache cache;
static struct fat *fat;
static const struct scene *scene;
static bool is_renamed;
static uint32_t random_state;
static unsigned long cuts;

static uint64_t now(void) {
    return 1700000000;
}

static void mount(struct disk *from, struct blkcache *its_cache, struct fat **its_fat) {
    struct fat_options options = {.read_only = from == &survivor, .now = now};
    if (blkcache_init(its_cache, &from->device) != OK
        || fat_mount(its_fat, its_cache, &options) != OK) {
        abort();
    }
}

static bool is_the_file(struct fat *volume, const char *path) {
    struct fat_node *node;
    const uint8_t *data;
    size_t len = 0;
    if (fat_open(volume, path, &node) != OK) {
        return false;
    }
    bool same = fat_read(node, 0, PATH_BYTES, &data, &len) == OK && len == strlen(CONTENTS)
                && memcmp(data, CONTENTS, len) == 0;
    fat_close(node);
    return same;
}

static bool is_allowed(const char *path) {
    char allowed[PATH_BYTES];
    const char *file = (scene->file != NULL) ? scene->file : "";
    for (int i = 0; i < 2; i++) {
        snprintf(allowed, sizeof(allowed), "%s%s", (i == 0) ? scene->from : scene->to, file);
        if (strcmp(path, allowed) == 0) {
            return true;
        }
    }
    return false;
}

/// How often the file is found in a directory and below. Under any other name it must not be.
static unsigned count(struct fat *volume, const char *path) {
    struct fat_node *node;
    char name[FAT_NAME_LEN], inner[PATH_BYTES];
    struct fat_stat stat;
    uint64_t position = 0;
    unsigned found = 0;
    if (fat_open(volume, path, &node) != OK) {
        return 0;
    }
    while (fat_list(node, &position, name, &stat) == OK) {
        snprintf(inner, sizeof(inner), "%s/%s", (path[1] == '\0') ? "" : path, name);
        if (stat.is_directory) {
            found += count(volume, inner);
        } else if (is_the_file(volume, inner)) {
            unittest_expect(is_allowed(inner), __FILE__, __LINE__, inner);
            found++;
        }
    }
    fat_close(node);
    return found;
}

/// Looks at what is left if only some of the unflushed sectors reach the disk: those whose bits are set.
static void try_cut(uint32_t set) {
    uint32_t size = disk.device.sector_size;
    memcpy(survivor.image, disk.durable, disk_len(&disk));
    for (size_t i = 0; i < disk.num_writes; i++) {
        if (set >> (i % 32) & 1) {
            memcpy(survivor.image + disk.writes[i].sector * size, disk.writes[i].data, size);
        }
    }
    struct blkcache its_cache;
    struct fat *volume;
    mount(&survivor, &its_cache, &volume);
    unsigned found = count(volume, "/");
    if (!unittest_expect(found == 1 || (found == 2 && !is_renamed), __FILE__, __LINE__,
                         "the file is there, under one name or two")) {
        fprintf(stderr, "%u of %s, %s\n", found, scene->from, scene->to);
    }
    fat_discard(volume);
    blkcache_destroy(&its_cache);
    cuts++;
}

/// Power is cut after a write. Sets without the last one were tried before.
static void written(struct disk *from, void *context) {
    (void) context;
    uint32_t last = 1u << (from->num_writes - 1) % 32;
    if (last <= SETS_MAX) {
        for (uint32_t set = 0; set < last; set++) {
            try_cut(set | last);
        }
        return;
    }
    try_cut(UINT32_MAX);
    for (unsigned i = 1; i < SETS_MAX; i++) {
        try_cut(random_next(&random_state) | last);
    }
}

static void write_file(const char *path, const char *text) {
    struct fat_node *node;
    if (fat_create(fat, path, false, &node) != OK || fat_write(node, 0, text, strlen(text)) != OK
        || fat_close(node) != OK) {
        unittest_expect(false, __FILE__, __LINE__, path);
    }
}

/// So many files from a number on. They are removed again, or not.
static void fill(const char *folder, unsigned first, unsigned fillers, bool remove) {
    char path[PATH_BYTES];
    for (unsigned i = 0; i < fillers; i++) {
        snprintf(path, sizeof(path), "%s/%u", folder, first + i);
        write_file(path, "");
    }
    for (unsigned i = 0; i < fillers && remove; i++) {
        snprintf(path, sizeof(path), "%s/%u", folder, first + i);
        TEST_EXPECT_EQ(fat_remove(fat, path), OK);
    }
}

/// So many entries, then deleted ones: fsck.fat looks behind what marks a directory's end.
static void fill_folders(unsigned fillers) {
    const char *folders[] = {"", "/d1", "/d2"};
    for (int i = 0; i < 3; i++) {
        fill(folders[i], 0, fillers, false);
        fill(folders[i], fillers, 3 * PER_SECTOR, true);
    }
}

/// What is there before, with so many other entries in each directory.
static void prepare(unsigned fillers) {
    char path[PATH_BYTES];
    TEST_EXPECT_EQ(fat_mkdir(fat, "/d1"), OK);
    TEST_EXPECT_EQ(fat_mkdir(fat, "/d2"), OK);
    fill_folders(fillers);
    if (scene->file != NULL) {
        TEST_EXPECT_EQ(fat_mkdir(fat, scene->from), OK);
    }
    snprintf(path, sizeof(path), "%s%s", scene->from, (scene->file != NULL) ? scene->file : "");
    write_file(path, CONTENTS);
    if (scene->replaces) {
        write_file(scene->to, "what is replaced");
    }
    TEST_EXPECT_EQ(fat_sync(fat), OK);
}

static void rename_it(void) {
    struct fat_node *node = NULL;
    if (scene->unflushed != NULL) {
        TEST_EXPECT_EQ(fat_mkdir(fat, scene->unflushed), OK);
    }
    is_renamed = false;
    disk.written = written;
    TEST_EXPECT_EQ(fat_open(fat, scene->from, &node), OK);
    TEST_EXPECT_EQ(fat_rename(node, scene->to), OK);
    is_renamed = true;
    TEST_EXPECT_EQ(fat_close(node), OK);
    TEST_EXPECT_EQ(fat_sync(fat), OK);
    disk.written = NULL;
}

static void run(const uint8_t *image, unsigned fillers) {
    disk_init(&disk, format_len(&format) / 512, 512, BUFFER_LEN);
    disk_load(&disk, image, format_len(&format));
    mount(&disk, &cache, &fat);
    prepare(fillers);
    rename_it();
    TEST_EXPECT_EQ(fat_unmount(fat), OK);
    blkcache_destroy(&cache);
    disk_destroy(&disk);
}

TEST("wherever power is cut during a rename, the file has its old name or its new one") {
    size_t len = format_len(&format);
    uint8_t *image = malloc(len);
    format_volume(&format, image);
    disk_init(&survivor, len / 512, 512, BUFFER_LEN);
    random_state = 1;
    cuts = 0;
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        scene = &scenes[i];
        for (unsigned fillers = 0; fillers < PER_SECTOR; fillers++) {
            run(image, fillers);
        }
    }
    TEST_EXPECT(cuts > 1000);
    disk_destroy(&survivor);
    free(image);
}
