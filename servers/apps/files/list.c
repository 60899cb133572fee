#include <resea/datetime.h>
#include <resea/printf.h>
#include <string.h>

#include "commands.h"
#include "listing.h"
#include "say.h"

/// Columns that names are arranged in.
#define WIDTH 78
/// The last second whose year has four digits.
#define YEAR_9999_END UINT64_C(253402300799)

static const char *suffix_of(const struct item *item) {
    return (item->info.type == FS_TYPE_DIRECTORY) ? "/" : "";
}

/// Directory or file, writable or not, size, time, name.
static void print_long(const struct item *item) {
    char time[20] = "";
    if (item->info.mtime > 0 && item->info.mtime <= YEAR_9999_END) {
        struct datetime dt;
        timestamp_to_datetime((int64_t) item->info.mtime, &dt);
        snprintf(time, sizeof(time), "%04d-%02d-%02d %02d:%02d", dt.year, dt.month, dt.day, dt.hour,
                 dt.minute);
    }
    bool is_directory = (item->info.type == FS_TYPE_DIRECTORY);
    printf("%sr%s %10llu  %-16s  %s%s\n", is_directory ? "d" : "-",
           item->info.read_only ? "-" : "w", (unsigned long long) item->info.size, time, item->name,
           suffix_of(item));
}

/// Characters that a name in UTF-8 takes on the screen, more or less.
static size_t width_of(const struct item *item) {
    size_t width = strlen(suffix_of(item));
    for (const char *ch = item->name; *ch != '\0'; ch++) {
        width += ((uint8_t) *ch & 0xc0) != 0x80;
    }
    return width;
}

static void print_columns(const struct listing *listing) {
    size_t width = 1;
    for (size_t i = 0; i < listing->count; i++) {
        width = MAX(width, width_of(&listing->items[i]) + 2);
    }
    size_t columns = MAX(WIDTH / width, (size_t) 1);
    size_t rows = (listing->count + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < listing->count; i += rows) {
            const struct item *item = &listing->items[i];
            size_t padding = (i + rows < listing->count) ? width - width_of(item) : 0;
            printf("%s%s%*s", item->name, suffix_of(item), (int) padding, "");
        }
        printf("\n");
    }
}

static void print(const struct args *args, const struct listing *listing) {
    if (!args->options['l'] && !args->options['1']) {
        print_columns(listing);
        return;
    }
    for (size_t i = 0; i < listing->count; i++) {
        const struct item *item = &listing->items[i];
        if (args->options['l']) {
            print_long(item);
        } else {
            printf("%s%s\n", item->name, suffix_of(item));
        }
    }
}

static bool list_directory(const struct args *args, const char *path) {
    struct listing listing;
    if (!say(path, listing_read(path, &listing))) {
        return false;
    }
    if (args->count > 1) {
        printf("%s:\n", path);
    }
    if (!args->options['a']) {
        listing_drop_hidden(&listing);
    }
    print(args, &listing);
    listing_free(&listing);
    return true;
}

static bool list_path(const struct args *args, const char *path) {
    struct fs_info info;
    if (!say(path, fs_stat(path, &info))) {
        return false;
    }
    if (info.type == FS_TYPE_DIRECTORY && !args->options['d']) {
        return list_directory(args, path);
    }
    struct listing listing = {0};
    bool ok = say(path, listing_add(&listing, &info, path, strlen(path)));
    print(args, &listing);
    listing_free(&listing);
    return ok;
}

int ls(const struct args *args) {
    if (args->count == 0) {
        return list_directory(args, ".") ? 0 : STATUS_FAILED;
    }
    bool ok = true;
    for (int i = 0; i < args->count; i++) {
        ok = list_path(args, args->words[i]) && ok;
    }
    return ok ? 0 : STATUS_FAILED;
}
