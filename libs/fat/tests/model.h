#ifndef __TESTS_MODEL_H__
#define __TESTS_MODEL_H__

#include <fat.h>

#include "../../blkcache/tests/disk.h"

/// \file
/// Random operations on a volume, and what must come of them.
///
/// What was flushed is noted, too: what of it must be there after a power cut is what has not been changed since.

#define ITEMS_MAX  48
#define PATHS_MAX  12
#define NUM_NAMES  40
#define FILE_MAX   400000
#define PATH_BYTES 1024

/// What was flushed of a file, and what has become of it since.
struct flushed {
    uint8_t *data;  ///< NULL: nothing was flushed.
    uint32_t size;
    uint32_t untouched;                 ///< So many bytes of the beginning were not changed since.
    bool whole;                         ///< Neither was the size.
    char paths[PATHS_MAX][PATH_BYTES];  ///< It must be under one of these.
    unsigned num_paths;
};

/// A file or directory. Item 0 is the root.
struct item {
    bool exists;
    bool is_directory;
    int parent;
    int name;  ///< Index into the names.
    uint8_t *data;
    uint32_t size;
    struct fat_node *node;  ///< If it is open.
    struct flushed flushed;
};

struct model {
    struct disk *disk;
    struct blkcache cache;
    struct fat *fat;
    uint32_t random;
    uint32_t file_max;  ///< How large files become.
    bool dense;         ///< Fewer names and smaller files, for volumes with little room.
    struct item items[ITEMS_MAX];
    char operation[2 * PATH_BYTES];  ///< What the last step does.
    uint64_t steps, full, renames, flushes;
};

extern const char *const model_names[NUM_NAMES];

/// Mounts the disk's volume. Ends the program if that fails, as all functions do when something is wrong.
void model_begin(struct model *model, struct disk *disk, uint32_t seed);
/// One random operation.
void model_step(struct model *model);
/// Unmounts, mounts again, and compares everything.
void model_remount(struct model *model);
/// Unmounts and frees everything.
void model_end(struct model *model);
/// The path of an item.
void model_path(const struct model *model, int item, char path[PATH_BYTES]);
/// Creates the tree below a folder of this machine.
void model_export(const struct model *model, const char *folder);

/// Prints what is wrong, with the step, and ends the program.
_Noreturn void model_fail(const struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

uint64_t model_now(void);

#endif
