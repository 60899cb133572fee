#include <fs.h>
#include <resea/ctype.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "commands.h"
#include "say.h"

/// Calls `use` with all pieces of a file, or of `len` bytes of it. Says what went wrong.
static bool for_each_piece(const char *path, uint64_t offset, uint64_t len,
                           void (*use)(uint64_t offset, const uint8_t *data, size_t len)) {
    struct fs_file file;
    if (!say(path, fs_open(path, &file))) {
        return false;
    }
    error_t err = OK;
    while (len > 0) {
        void *data;
        size_t data_len;
        err =
            fs_read(&file, offset, (size_t) MIN(len, (uint64_t) FS_TRANSFER_MAX), &data, &data_len);
        if (IS_ERROR(err)) {
            break;
        }
        use(offset, data, data_len);
        free(data);
        if (data_len == 0) {
            break;
        }
        offset += data_len;
        len -= data_len;
    }
    fs_close(&file);
    if (err == ERR_NOT_ACCEPTABLE && is_directory(path)) {
        say_text(path, "is a directory");
        return false;
    }
    return say(path, err);
}

static void print_piece(uint64_t offset __unused, const uint8_t *data, size_t len) {
    printf_write((const char *) data, len);
}

int cat(const struct args *args) {
    bool ok = true;
    for (int i = 0; i < args->count; i++) {
        ok = for_each_piece(args->words[i], 0, UINT64_MAX, print_piece) && ok;
    }
    return ok ? 0 : STATUS_FAILED;
}

#define BYTES_PER_LINE 16

static void dump_line(uint64_t offset, const uint8_t *data, size_t len) {
    printf("%08llx ", (unsigned long long) offset);
    for (size_t i = 0; i < BYTES_PER_LINE; i++) {
        if (i < len) {
            printf(" %02x", data[i]);
        } else {
            printf("   ");
        }
    }
    char text[BYTES_PER_LINE + 1];
    for (size_t i = 0; i < len; i++) {
        text[i] = (data[i] >= ' ' && data[i] < 0x7f) ? (char) data[i] : '.';
    }
    text[len] = '\0';
    printf("  %s\n", text);
}

static void dump_piece(uint64_t offset, const uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; i += BYTES_PER_LINE) {
        dump_line(offset + i, &data[i], MIN(len - i, (size_t) BYTES_PER_LINE));
    }
}

int hexdump(const struct args *args) {
    uint64_t offset = 0, len = UINT64_MAX;
    const char *skip = args->options['s'], *count = args->options['n'];
    if ((skip && !args_number(skip, &offset)) || (count && !args_number(count, &len))) {
        say_text((skip && !args_number(skip, &offset)) ? skip : count, "not a number");
        return STATUS_USAGE;
    }
    return for_each_piece(args->words[0], offset, len, dump_piece) ? 0 : STATUS_FAILED;
}
