#include "cut.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/tests/random.h"

extern char **environ;

/// What fsck.fat -a ends with if it has repaired something.
#define REPAIRED 1
#define BUFFER_LEN \
    (BLKCACHE_WINDOWS_MIN * BLKCACHE_WINDOW_LEN + BLKCACHE_BLOCKS_MIN * BLKCACHE_BLOCK_LEN)

/// Runs fsck.fat quietly; its exit status.
static int run_fsck(const struct cut *cut, const char *option) {
    const char *const words[] = {"fsck.fat", option, cut->scratch, NULL};
    char log[PATH_BYTES];
    snprintf(log, sizeof(log), "%s.log", cut->scratch);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, words[0], &actions, NULL, (char **) words, environ) != 0
        || waitpid(pid, &status, 0) != pid) {
        model_fail(cut->model, "fsck.fat can't be run");
    }
    posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool has_contents(struct fat *fat, const char *path, const struct flushed *flushed) {
    struct fat_node *node;
    if (fat_open(fat, path, &node) != OK) {
        return false;
    }
    struct fat_stat stat;
    fat_stat_node(node, &stat);
    bool same = !stat.is_directory && stat.size >= flushed->untouched
                && (!flushed->whole || stat.size == flushed->size);
    for (uint32_t offset = 0; same && offset < flushed->untouched;) {
        const uint8_t *data;
        size_t len = flushed->untouched - offset, read;
        same = fat_read(node, offset, len, &data, &read) == OK && read > 0
               && memcmp(data, flushed->data + offset, read) == 0;
        offset += (uint32_t) read;
    }
    fat_close(node);
    return same;
}

static bool was_called(const struct flushed *flushed, const char *name) {
    for (unsigned i = 0; i < flushed->num_paths; i++) {
        if (strcmp(strrchr(flushed->paths[i], '/') + 1, name) == 0) {
            return true;
        }
    }
    return false;
}

/// Looks in all directories. Renamings of a file and of directories above it come in any order: which of them has happened can
/// make more paths than are worth noting.
static bool is_anywhere(struct fat *fat, const char *path, const struct flushed *flushed) {
    struct fat_node *node;
    if (fat_open(fat, path, &node) != OK) {
        return false;
    }
    char name[FAT_NAME_LEN], inner[2 * PATH_BYTES];
    struct fat_stat stat;
    uint64_t position = 0;
    bool found = false;
    while (!found && fat_list(node, &position, name, &stat) == OK) {
        snprintf(inner, sizeof(inner), "%s/%s", (path[1] == '\0') ? "" : path, name);
        found = stat.is_directory ? is_anywhere(fat, inner, flushed)
                                  : was_called(flushed, name) && has_contents(fat, inner, flushed);
    }
    fat_close(node);
    return found;
}

static void check_files(struct cut *cut, struct fat *fat) {
    for (int i = 1; i < ITEMS_MAX; i++) {
        const struct flushed *flushed = &cut->model->items[i].flushed;
        if (flushed->data == NULL) {
            continue;
        }
        bool found = false;
        for (unsigned path = 0; path < flushed->num_paths && !found; path++) {
            found = has_contents(fat, flushed->paths[path], flushed);
        }
        found = found || (flushed->num_paths > 1 && is_anywhere(fat, "/", flushed));
        if (!found) {
            model_fail(cut->model, "after write %llu: %s is lost (%u bytes, %u untouched)",
                       (unsigned long long) cut->writes, flushed->paths[0], flushed->size,
                       flushed->untouched);
        }
        cut->files++;
    }
}

/// Looks for what was flushed on what is left of the volume.
static void check_volume(struct cut *cut) {
    const struct disk *disk = cut->model->disk;
    struct disk copy;
    disk_init(&copy, disk->device.num_sectors, disk->device.sector_size, BUFFER_LEN);
    disk_load(&copy, cut->image, disk_len(disk));
    struct blkcache cache;
    struct fat *fat;
    struct fat_options options = {.read_only = true};
    error_t err = blkcache_init(&cache, &copy.device);
    err = (err == OK) ? fat_mount(&fat, &cache, &options) : err;
    if (err != OK) {
        model_fail(cut->model, "what is left can't be mounted: %d", err);
    }
    check_files(cut, fat);
    fat_discard(fat);
    blkcache_destroy(&cache);
    disk_destroy(&copy);
}

/// A directory that two names lead to is taken from one of them by the first pass of fsck.fat 4.2, and only the second one
/// removes the name that is left of it.
#define PASSES_MAX 3

static void repair(struct cut *cut) {
    for (int pass = 1; pass <= PASSES_MAX; pass++) {
        int status = run_fsck(cut, "-a");
        if (status == 0) {
            return;
        }
        if (status != REPAIRED) {
            model_fail(cut->model, "fsck.fat -a: status %d, see %s.log", status, cut->scratch);
        }
        cut->repaired += pass == 1;
        cut->again += pass == 2;
    }
    int status = run_fsck(cut, "-n");
    if (status != 0) {
        model_fail(cut->model, "fsck.fat -n after the repair: status %d, see %s.log", status,
                   cut->scratch);
    }
}

static void try_cut(struct cut *cut, uint32_t *random) {
    disk_cut(cut->model->disk, random, cut->image);
    cut->cuts++;
    // Whoever has no fsck.fat must find them, too.
    check_volume(cut);
    repair(cut);
    check_volume(cut);
}

static void written(struct disk *disk, void *context) {
    (void) disk;
    struct cut *cut = context;
    cut->writes++;
    if (cut->writes % cut->every == 0) {
        try_cut(cut, NULL);
        try_cut(cut, &cut->random);
    }
}

void cut_run(struct cut *cut, uint64_t steps) {
    struct disk *disk = cut->model->disk;
    cut->fd = open(cut->scratch, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (cut->fd < 0 || ftruncate(cut->fd, (off_t) disk_len(disk)) != 0) {
        perror(cut->scratch);
        exit(2);
    }
    cut->image = mmap(NULL, disk_len(disk), PROT_READ | PROT_WRITE, MAP_SHARED, cut->fd, 0);
    disk->written = written;
    disk->written_context = cut;
    for (uint64_t i = 0; i < steps; i++) {
        model_step(cut->model);
    }
    disk->written = NULL;
    munmap(cut->image, disk_len(disk));
    close(cut->fd);
}
