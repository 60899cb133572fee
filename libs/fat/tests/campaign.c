// Campaigns against the library, as a program for this machine:
//
//     (nothing)                               random operations on volumes of all kinds, for a few seconds
//     --steps=N --seed=N                      so many, from that seed on
//     --image=FILE --seed=N --steps=N [--export=FOLDER] [--restarts]
//                                             on a volume that mkfs.fat has made; what must be on it then goes to the folder
//     --extract=FILE --export=FOLDER          what is on a volume goes to the folder
//     --cut=FILE --seed=N --steps=N --scratch=FILE [--every=N]
//                                             a power cut at every write, with fsck.fat's verdict (cut.c)

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../common/tests/random.h"
#include "cut.h"
#include "format.h"
#include "model.h"

#define BUFFER_LEN (6 * BLKCACHE_WINDOW_LEN + 32 * BLKCACHE_BLOCK_LEN)

struct arguments {
    const char *image, *export, *extract, *cut, *scratch;
    uint32_t seed, sector_size;
    uint64_t steps;
    unsigned every;
    bool restarts;
};

static const struct format formats[] = {
    {12, 512, 1, 500, 112, 2},  {12, 512, 4, 2000, 224, 2},  {12, 4096, 1, 300, 128, 1},
    {16, 512, 1, 6000, 512, 2}, {16, 1024, 8, 4085, 512, 2}, {16, 512, 64, 4100, 512, 2},
    {32, 512, 1, 65525, 0, 2},  {32, 512, 8, 3000, 0, 2},    {32, 4096, 2, 700, 0, 2},
    {32, 2048, 16, 300, 0, 3},
};
#define NUM_FORMATS (sizeof(formats) / sizeof(formats[0]))

static void random_steps(struct model *model, uint64_t steps) {
    for (uint64_t i = 0; i < steps; i++) {
        model_step(model);
        if (random_below(&model->random, 400) == 0) {
            model_remount(model);
        }
    }
    model_remount(model);
}

static void run_on_format(const struct format *format, uint32_t seed, uint64_t steps,
                          struct model *model) {
    struct disk disk;
    uint8_t *image = malloc(format_len(format));
    format_volume(format, image);
    disk_init(&disk, format_len(format) / 512, 512, BUFFER_LEN);
    disk_load(&disk, image, format_len(format));
    free(image);
    disk.restart_every = (seed % 3 == 0) ? 50 : 0;
    disk.random = seed;
    model_begin(model, &disk, seed);
    random_steps(model, steps);
    model_end(model);
    disk_destroy(&disk);
}

/// A few thousand steps on each kind of volume after the other.
static int run_random(const struct arguments *arguments) {
    uint64_t sequences = 0, steps = 0, full = 0, renames = 0;
    static struct model model;
    while (steps < arguments->steps) {
        uint32_t seed = arguments->seed + (uint32_t) sequences;
        fprintf(stderr, "seed %u\r", seed);
        run_on_format(&formats[seed % NUM_FORMATS], seed, 1000, &model);
        sequences++;
        steps += model.steps;
        full += model.full;
        renames += model.renames;
    }
    printf("%llu sequences, %llu steps, 0 failures\n", (unsigned long long) sequences,
           (unsigned long long) steps);
    printf("%llu times a volume was full, %llu renames\n", (unsigned long long) full,
           (unsigned long long) renames);
    return 0;
}

static void load_file(struct disk *disk, const char *path, uint32_t sector_size) {
    FILE *file = fopen(path, "rb");
    struct stat stat;
    if (file == NULL || fstat(fileno(file), &stat) != 0) {
        perror(path);
        exit(2);
    }
    size_t len = (size_t) stat.st_size;
    uint8_t *image = malloc(len);
    if (fread(image, 1, len, file) != len) {
        perror(path);
        exit(2);
    }
    fclose(file);
    disk_init(disk, len / sector_size, sector_size, BUFFER_LEN);
    disk_load(disk, image, len / sector_size * sector_size);
    free(image);
}

static void save_file(const struct disk *disk, const char *path) {
    FILE *file = fopen(path, "r+b");
    if (file == NULL || fwrite(disk->durable, 1, disk_len(disk), file) != disk_len(disk)
        || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

static int run_on_image(const struct arguments *arguments) {
    static struct model model;
    struct disk disk;
    load_file(&disk, arguments->image, arguments->sector_size);
    disk.restart_every = arguments->restarts ? 30 : 0;
    model_begin(&model, &disk, arguments->seed);
    random_steps(&model, arguments->steps);
    if (arguments->export != NULL) {
        model_export(&model, arguments->export);
    }
    printf("%llu steps, %llu transfers, %llu flushes\n", (unsigned long long) model.steps,
           (unsigned long long) disk.transfers, (unsigned long long) disk.flushes);
    model_end(&model);
    save_file(&disk, arguments->image);
    disk_destroy(&disk);
    return 0;
}

static void extract(struct fat *fat, const char *path, const char *folder);

static void extract_file(struct fat_node *node, const char *to) {
    FILE *file = fopen(to, "wb");
    const uint8_t *data;
    size_t len = 1;
    for (uint64_t offset = 0; len > 0; offset += len) {
        error_t err = fat_read(node, offset, 40000, &data, &len);
        if (err != OK || file == NULL || fwrite(data, 1, len, file) != len) {
            fprintf(stderr, "%s: %d\n", to, err);
            exit(1);
        }
    }
    fclose(file);
}

static void extract_directory(struct fat *fat, struct fat_node *node, const char *path,
                              const char *folder) {
    char name[FAT_NAME_LEN], inner[PATH_BYTES], to[2 * PATH_BYTES];
    struct fat_stat stat;
    uint64_t position = 0;
    while (fat_list(node, &position, name, &stat) == OK) {
        snprintf(inner, sizeof(inner), "%s%s%s", path, (path[1] == '\0') ? "" : "/", name);
        snprintf(to, sizeof(to), "%s/%s", folder, name);
        extract(fat, inner, to);
    }
}

static void extract(struct fat *fat, const char *path, const char *to) {
    struct fat_node *node;
    struct fat_stat stat;
    error_t err = fat_open(fat, path, &node);
    if (err != OK) {
        fprintf(stderr, "%s: %d\n", path, err);
        exit(1);
    }
    fat_stat_node(node, &stat);
    if (stat.is_directory) {
        mkdir(to, 0777);
        extract_directory(fat, node, path, to);
    } else {
        extract_file(node, to);
    }
    fat_close(node);
}

static int run_extract(const struct arguments *arguments) {
    struct disk disk;
    struct blkcache cache;
    struct fat *fat;
    struct fat_options options = {.read_only = true};
    load_file(&disk, arguments->extract, arguments->sector_size);
    error_t err = blkcache_init(&cache, &disk.device);
    err = (err == OK) ? fat_mount(&fat, &cache, &options) : err;
    if (err != OK) {
        fprintf(stderr, "mount: %d\n", err);
        return 1;
    }
    extract(fat, "/", arguments->export);
    struct fat_info info;
    err = fat_info(fat, &info);
    printf("FAT%u, label '%s', %llu bytes free\n", info.bits, info.label,
           (unsigned long long) info.free_bytes);
    fat_discard(fat);
    blkcache_destroy(&cache);
    disk_destroy(&disk);
    return err != OK;
}

static int run_cut(const struct arguments *arguments) {
    static struct model model;
    struct disk disk;
    load_file(&disk, arguments->cut, arguments->sector_size);
    model_begin(&model, &disk, arguments->seed);
    model.file_max = 20000;
    struct cut cut = {.model = &model,
                      .scratch = arguments->scratch,
                      .every = arguments->every,
                      .random = arguments->seed + 1};
    cut_run(&cut, arguments->steps);
    printf("%llu sectors written, %llu power cuts, %llu files checked, %llu repaired by fsck.fat "
           "(%llu in several passes), 0 failures\n",
           (unsigned long long) disk.sectors_written, (unsigned long long) cut.cuts,
           (unsigned long long) cut.files, (unsigned long long) cut.repaired,
           (unsigned long long) cut.again);
    model_end(&model);
    disk_destroy(&disk);
    return 0;
}

/// The value if the word is NAME=VALUE, NULL otherwise.
static const char *value_of(const char *word, const char *name) {
    size_t len = strlen(name);
    return (strncmp(word, name, len) == 0 && word[len] == '=') ? word + len + 1 : NULL;
}

static bool take_number(struct arguments *arguments, const char *word) {
    const char *value;
    if ((value = value_of(word, "--seed")) != NULL) {
        arguments->seed = (uint32_t) strtoul(value, NULL, 0);
    } else if ((value = value_of(word, "--steps")) != NULL) {
        arguments->steps = strtoull(value, NULL, 0);
    } else if ((value = value_of(word, "--every")) != NULL) {
        arguments->every = (unsigned) strtoul(value, NULL, 0);
    } else if ((value = value_of(word, "--sector")) != NULL) {
        arguments->sector_size = (uint32_t) strtoul(value, NULL, 0);
    } else {
        return false;
    }
    return true;
}

static bool take_argument(struct arguments *arguments, const char *word) {
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"--image", &arguments->image},
                 {"--export", &arguments->export},
                 {"--extract", &arguments->extract},
                 {"--cut", &arguments->cut},
                 {"--scratch", &arguments->scratch}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *value = value_of(word, texts[i].name);
        if (value != NULL) {
            *texts[i].value = value;
            return true;
        }
    }
    if (strcmp(word, "--restarts") == 0) {
        arguments->restarts = true;
        return true;
    }
    return take_number(arguments, word);
}

int main(int argc, char **argv) {
    struct arguments arguments = {.seed = 1, .steps = 30000, .every = 1, .sector_size = 512};
    for (int i = 1; i < argc; i++) {
        if (!take_argument(&arguments, argv[i])) {
            fprintf(stderr, "unknown argument: %s\n", argv[i]);
            return 2;
        }
    }
    if (arguments.extract != NULL) {
        return run_extract(&arguments);
    }
    if (arguments.cut != NULL) {
        return run_cut(&arguments);
    }
    return (arguments.image != NULL) ? run_on_image(&arguments) : run_random(&arguments);
}
