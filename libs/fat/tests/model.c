#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../common/tests/random.h"

/// No two of them are the same, whatever the cases of their letters. All kinds that have to do with long and
/// short names differently.
const char *const model_names[NUM_NAMES] = {
    "a",
    "readme.txt",
    "MIXED.Txt",
    "CAPITALS.TXT",
    "small.TXT",
    "NOEXT",
    "twelve12.345",
    "a longer name.txt",
    "a longer name, too.txt",
    "a longer name, once more.text",
    ".profile",
    "tar.gz.bz2",
    "spaces in it",
    "plus+and=more;.x[1]",
    "exactly13char",
    "exactly14chars",
    "twentysix-characters-long!",
    "Gr\xc3\xbc\xc3\x9f"
    "e.txt",
    "\xc3\xa9t\xc3\xa9",
    "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82.txt",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
    "smile \xe2\x98\xba.txt",
    "tilde~x.txt",
    "~",
    "#x#",
    "d1",
    "d2",
    "Directory Three",
    "d4.dir",
    "f1",
    "f2",
    "f3",
    "file 4",
    "file 5",
    "file 6",
    "tmp",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123"
    "456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123"
    "456789"
    "01234567890123456789012345678901234567890123456789.txt",
    "new file.txt",
    "New File (2).txt",
    "backup~"};

uint64_t model_now(void) {
    return 1700000000;
}

void model_fail(const struct model *model, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "step %llu (%s): ", (unsigned long long) model->steps, model->operation);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    abort();
}

/// Notes what a step is about to do.
static void note(struct model *model, const char *what, const char *path, const char *to) {
    snprintf(model->operation, sizeof(model->operation), "%s %.1000s %.1000s", what, path, to);
}

static uint32_t below(struct model *model, uint32_t limit) {
    return random_below(&model->random, limit);
}

static void join(const struct model *model, int parent, int name, char path[PATH_BYTES]) {
    model_path(model, parent, path);
    size_t len = strlen(path);
    snprintf(path + len, PATH_BYTES - len, "%s%s", (len == 1) ? "" : "/", model_names[name]);
}

void model_path(const struct model *model, int item, char path[PATH_BYTES]) {
    if (item == 0) {
        memcpy(path, "/", 2);
        return;
    }
    join(model, model->items[item].parent, model->items[item].name, path);
}

/// Somebody may type capital letters.
static void change_cases(struct model *model, char *path) {
    if (below(model, 4) != 0) {
        return;
    }
    for (; *path != '\0'; path++) {
        if (*path >= 'a' && *path <= 'z' && below(model, 2)) {
            *path = (char) (*path - 32);
        }
    }
}

static int find_child(const struct model *model, int parent, int name) {
    for (int i = 1; i < ITEMS_MAX; i++) {
        const struct item *item = &model->items[i];
        if (item->exists && item->parent == parent && item->name == name) {
            return i;
        }
    }
    return 0;
}

static int free_item(const struct model *model) {
    for (int i = 1; i < ITEMS_MAX; i++) {
        if (!model->items[i].exists && model->items[i].flushed.data == NULL) {
            return i;
        }
    }
    return 0;
}

/// An item of a kind, or -1.
static int random_item(struct model *model, bool directory) {
    for (int tries = 0; tries < 20; tries++) {
        int i = (int) below(model, ITEMS_MAX);
        if (model->items[i].exists && model->items[i].is_directory == directory) {
            return i;
        }
    }
    return -1;
}

static unsigned depth(const struct model *model, int item) {
    return (item == 0) ? 0 : 1 + depth(model, model->items[item].parent);
}

static bool is_inside(const struct model *model, int item, int directory) {
    while (item != 0 && item != directory) {
        item = model->items[item].parent;
    }
    return item == directory;
}

static bool tolerated(struct model *model, error_t err) {
    model->full += err == ERR_NO_SPACE;
    return err == ERR_NO_SPACE;
}

// What happens to what was flushed.

static void forget_flushed(struct item *item) {
    free(item->flushed.data);
    item->flushed.data = NULL;
}

static void touch(struct item *item, uint32_t from) {
    item->flushed.untouched = MIN(item->flushed.untouched, from);
    item->flushed.whole = false;
}

static void note_path(struct model *model, int index) {
    struct flushed *flushed = &model->items[index].flushed;
    if (flushed->data == NULL) {
        return;
    }
    char path[PATH_BYTES];
    model_path(model, index, path);
    for (unsigned i = 0; i < flushed->num_paths; i++) {
        if (strcmp(flushed->paths[i], path) == 0) {
            return;
        }
    }
    if (flushed->num_paths == PATHS_MAX) {
        forget_flushed(&model->items[index]);  // It moves about too much to be followed.
        return;
    }
    memcpy(flushed->paths[flushed->num_paths++], path, PATH_BYTES);
}

/// From now on what exists must survive a power cut.
static void note_flush(struct model *model) {
    for (int i = 1; i < ITEMS_MAX; i++) {
        struct item *item = &model->items[i];
        forget_flushed(item);
        if (item->exists && !item->is_directory) {
            item->flushed = (struct flushed){.data = malloc(item->size + 1),
                                             .size = item->size,
                                             .untouched = item->size,
                                             .whole = true};
            memcpy(item->flushed.data, item->data, item->size);
            note_path(model, i);
        }
    }
}

// Operations.

static void open_item(struct model *model, int index) {
    struct item *item = &model->items[index];
    if (item->node != NULL) {
        return;
    }
    char path[PATH_BYTES];
    model_path(model, index, path);
    change_cases(model, path);
    error_t err = fat_open(model->fat, path, &item->node);
    if (err != OK) {
        model_fail(model, "open %s: %d", path, err);
    }
}

static void close_item(struct model *model, int index) {
    struct item *item = &model->items[index];
    if (item->node != NULL) {
        error_t err = fat_close(item->node);
        item->node = NULL;
        if (err != OK) {
            model_fail(model, "close: %d", err);
        }
    }
}

static void add_item(struct model *model, int index, int parent, int name, bool directory) {
    model->items[index] = (struct item){.exists = true,
                                        .is_directory = directory,
                                        .parent = parent,
                                        .name = name,
                                        .data = directory ? NULL : malloc(model->file_max)};
}

static void step_create(struct model *model, bool directory) {
    int parent = random_item(model, true), name = (int) below(model, NUM_NAMES);
    int index = free_item(model);
    if (parent < 0 || index == 0 || depth(model, parent) > 3) {
        return;
    }
    char path[PATH_BYTES];
    join(model, parent, name, path);
    note(model, directory ? "mkdir" : "create", path, "");
    bool exists = find_child(model, parent, name) != 0;
    struct fat_node *node = NULL;
    error_t err =
        directory ? fat_mkdir(model->fat, path) : fat_create(model->fat, path, false, &node);
    if (exists ? err != ERR_ALREADY_EXISTS : err != OK && !tolerated(model, err)) {
        model_fail(model, "create %s: %d", path, err);
    }
    if (err == OK) {
        add_item(model, index, parent, name, directory);
        model->items[index].node = node;
    }
}

static void step_write(struct model *model) {
    int index = random_item(model, false);
    if (index < 0) {
        return;
    }
    struct item *item = &model->items[index];
    uint32_t most = model->file_max - 1;
    uint32_t offset = below(model, 3) ? item->size : below(model, MIN(item->size + 5000, most));
    uint32_t len = 1 + below(model, below(model, 3) ? 2000 : 70000);
    if (offset + len > most) {
        return;
    }
    note(model, "write", model_names[item->name], "");
    open_item(model, index);
    touch(item, offset);
    uint8_t *data = malloc(len);
    for (uint32_t i = 0; i < len; i++) {
        data[i] = (uint8_t) random_next(&model->random);
    }
    error_t err = fat_write(item->node, offset, data, len);
    if (err != OK && !tolerated(model, err)) {
        model_fail(model, "write: %d", err);
    }
    if (err == OK) {
        if (offset > item->size) {
            memset(item->data + item->size, 0, offset - item->size);
        }
        memcpy(item->data + offset, data, len);
        item->size = MAX(item->size, offset + len);
    }
    free(data);
}

static void step_truncate(struct model *model) {
    int index = random_item(model, false);
    if (index < 0) {
        return;
    }
    struct item *item = &model->items[index];
    uint32_t size =
        below(model, 3) ? below(model, item->size + 1) : below(model, item->size + 30000);
    size = below(model, 4) ? MIN(size, model->file_max - 1) : 0;
    note(model, "truncate", model_names[item->name], "");
    open_item(model, index);
    touch(item, size);
    error_t err = fat_truncate(item->node, size);
    if (err != OK && !tolerated(model, err)) {
        model_fail(model, "truncate: %d", err);
    }
    if (err == OK) {
        if (size > item->size) {
            memset(item->data + item->size, 0, size - item->size);
        }
        item->size = size;
    }
}

static void compare(struct model *model, int index) {
    struct item *item = &model->items[index];
    struct fat_stat stat;
    open_item(model, index);
    fat_stat_node(item->node, &stat);
    if (stat.size != item->size) {
        model_fail(model, "%s has %llu bytes, not %u", model_names[item->name],
                   (unsigned long long) stat.size, item->size);
    }
    for (uint32_t offset = 0; offset < item->size;) {
        const uint8_t *data;
        size_t len = 1 + below(model, 80000), read;
        error_t err = fat_read(item->node, offset, len, &data, &read);
        if (err != OK || read == 0 || memcmp(data, item->data + offset, read) != 0) {
            model_fail(model, "read %s at %u: %d, or other data", model_names[item->name], offset,
                       err);
        }
        offset += (uint32_t) read;
    }
}

static bool has_children(const struct model *model, int index) {
    for (int i = 1; i < ITEMS_MAX; i++) {
        if (model->items[i].exists && model->items[i].parent == index) {
            return true;
        }
    }
    return false;
}

static void remove_item(struct item *item) {
    forget_flushed(item);
    free(item->data);
    *item = (struct item){.exists = false};
}

static void step_remove(struct model *model) {
    int index = random_item(model, below(model, 4) == 0);
    if (index <= 0) {
        return;
    }
    struct item *item = &model->items[index];
    char path[PATH_BYTES];
    model_path(model, index, path);
    change_cases(model, path);
    note(model, "remove", path, "");
    error_t expected = (item->node != NULL)         ? ERR_IN_USE
                       : has_children(model, index) ? ERR_NOT_ACCEPTABLE
                                                    : OK;
    if (expected == OK) {
        forget_flushed(item);
    }
    error_t err = fat_remove(model->fat, path);
    if (err != expected) {
        model_fail(model, "remove %s: %d, not %d", path, err, expected);
    }
    if (err == OK) {
        remove_item(item);
    }
}

static error_t expected_of_rename(const struct model *model, int index, int parent, int there) {
    const struct item *item = &model->items[index], *other = &model->items[there];
    if (item->is_directory && is_inside(model, parent, index)) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (there == 0 || there == index) {
        return OK;
    }
    if (item->is_directory || other->is_directory) {
        return ERR_NOT_ACCEPTABLE;
    }
    return (other->node != NULL) ? ERR_IN_USE : OK;
}

/// The paths of all that is in a directory, or of a file, have changed.
static void note_paths(struct model *model, int index) {
    for (int i = 1; i < ITEMS_MAX; i++) {
        if (model->items[i].exists && is_inside(model, i, index)) {
            note_path(model, i);
        }
    }
}

static void step_rename(struct model *model) {
    int index = random_item(model, below(model, 4) == 0), parent = random_item(model, true);
    int name = (int) below(model, NUM_NAMES);
    if (index <= 0 || parent < 0 || depth(model, parent) > 3) {
        return;
    }
    parent = below(model, 2) ? model->items[index].parent : parent;
    struct item *item = &model->items[index], before = *item;
    char path[PATH_BYTES];
    join(model, parent, name, path);
    int there = find_child(model, parent, name);
    char from[PATH_BYTES];
    model_path(model, index, from);
    note(model, "rename", from, path);
    open_item(model, index);
    error_t expected = expected_of_rename(model, index, parent, there);
    if (expected == OK) {
        // While it is being renamed, it may be found under either name.
        if (there != 0 && there != index) {
            forget_flushed(&model->items[there]);
        }
        item->parent = parent;
        item->name = name;
        note_paths(model, index);
    }
    error_t err = fat_rename(item->node, path);
    if (err != expected && !(expected == OK && tolerated(model, err))) {
        model_fail(model, "rename %s to %s: %d, not %d", model_names[before.name], path, err,
                   expected);
    }
    model->renames += err == OK;
    if (err != OK) {
        item->parent = before.parent;
        item->name = before.name;
    } else if (there != 0 && there != index) {
        remove_item(&model->items[there]);
    }
}

static int find_listed(const struct model *model, int parent, const char *name) {
    for (int i = 1; i < ITEMS_MAX; i++) {
        const struct item *item = &model->items[i];
        if (item->exists && item->parent == parent && strcmp(model_names[item->name], name) == 0) {
            return i;
        }
    }
    return 0;
}

static void compare_listing(struct model *model, int index) {
    open_item(model, index);
    char name[FAT_NAME_LEN];
    struct fat_stat stat;
    uint64_t position = 0;
    unsigned listed = 0, expected = 0;
    error_t err;
    while ((err = fat_list(model->items[index].node, &position, name, &stat)) == OK) {
        int found = find_listed(model, index, name);
        if (found == 0 || stat.is_directory != model->items[found].is_directory
            || stat.size != model->items[found].size) {
            model_fail(model, "listed: %s", name);
        }
        listed++;
    }
    for (int i = 1; i < ITEMS_MAX; i++) {
        expected += model->items[i].exists && model->items[i].parent == index;
    }
    if (err != ERR_END || listed != expected) {
        model_fail(model, "%u names are listed, not %u: %d", listed, expected, err);
    }
}

static void step_compare(struct model *model) {
    note(model, "compare", "", "");
    int file = random_item(model, false), directory = random_item(model, true);
    if (file >= 0) {
        compare(model, file);
    }
    if (directory >= 0) {
        compare_listing(model, directory);
    }
}

static void step_flush(struct model *model) {
    note(model, "flush", "", "");
    int index = random_item(model, false);
    error_t err;
    if (index >= 0 && below(model, 4) != 0) {
        open_item(model, index);
        err = fat_flush(model->items[index].node);
    } else {
        err = fat_sync(model->fat);
    }
    if (err != OK) {
        model_fail(model, "flush: %d", err);
    }
    model->flushes++;
    note_flush(model);
}

void model_step(struct model *model) {
    model->steps++;
    unsigned what = below(model, 100);
    if (what < 14) {
        step_create(model, false);
    } else if (what < 18) {
        step_create(model, true);
    } else if (what < 45) {
        step_write(model);
    } else if (what < 52) {
        step_truncate(model);
    } else if (what < 60) {
        step_compare(model);
    } else if (what < 70) {
        step_remove(model);
    } else if (what < 82) {
        step_rename(model);
    } else if (what < 92) {
        close_item(model, (int) below(model, ITEMS_MAX));
    } else {
        step_flush(model);
    }
}

static void mount(struct model *model) {
    struct fat_options options = {.now = model_now};
    error_t err = blkcache_init(&model->cache, &model->disk->device);
    err = (err == OK) ? fat_mount(&model->fat, &model->cache, &options) : err;
    if (err != OK) {
        model_fail(model, "mount: %d", err);
    }
}

static void unmount(struct model *model) {
    for (int i = 0; i < ITEMS_MAX; i++) {
        close_item(model, i);
    }
    error_t err = fat_unmount(model->fat);
    if (err != OK) {
        model_fail(model, "unmount: %d", err);
    }
    note_flush(model);
    blkcache_destroy(&model->cache);
}

void model_begin(struct model *model, struct disk *disk, uint32_t seed) {
    *model = (struct model){.disk = disk, .random = seed * 2654435761u + 1, .file_max = FILE_MAX};
    model->random = (model->random == 0) ? 1 : model->random;
    model->items[0] = (struct item){.exists = true, .is_directory = true};
    mount(model);
}

void model_remount(struct model *model) {
    unmount(model);
    mount(model);
    for (int i = 0; i < ITEMS_MAX; i++) {
        if (model->items[i].exists && model->items[i].is_directory) {
            compare_listing(model, i);
        } else if (model->items[i].exists) {
            compare(model, i);
        }
    }
}

void model_end(struct model *model) {
    unmount(model);
    for (int i = 1; i < ITEMS_MAX; i++) {
        remove_item(&model->items[i]);
    }
}

static void export_file(const struct model *model, int index, const char *to) {
    FILE *file = fopen(to, "wb");
    if (file == NULL
        || fwrite(model->items[index].data, 1, model->items[index].size, file)
               != model->items[index].size
        || fclose(file) != 0) {
        model_fail(model, "can't write %s", to);
    }
}

void model_export(const struct model *model, const char *folder) {
    // Directories before what is in them.
    for (unsigned level = 1; level < 8; level++) {
        for (int i = 1; i < ITEMS_MAX; i++) {
            if (!model->items[i].exists || depth(model, i) != level) {
                continue;
            }
            char path[PATH_BYTES], to[2 * PATH_BYTES];
            model_path(model, i, path);
            snprintf(to, sizeof(to), "%s%s", folder, path);
            if (model->items[i].is_directory) {
                mkdir(to, 0777);
            } else {
                export_file(model, i, to);
            }
        }
    }
}
