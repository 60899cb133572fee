#include "tar.h"

#include <string.h>

#define BLOCK_LEN 512

struct header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link_name[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char device_major[8];
    char device_minor[8];
    char prefix[155];
    char padding[12];
};
STATIC_ASSERT(sizeof(struct header) == BLOCK_LEN, "a header is a block");

/// What the headers in front of a file's own have said of it.
struct overrides {
    char path[TAR_PATH_MAX + 1];  ///< "": nothing.
    bool has_size;
    uint64_t size;
    bool has_mtime;
    uint64_t mtime;
};

/// Reads a number: octal digits, or big-endian binary if the first bit is set (GNU).
static bool read_number(const char *field, size_t len, uint64_t *number) {
    *number = 0;
    if ((uint8_t) field[0] & 0x80) {
        // The next bit is the sign.
        uint64_t value = (uint8_t) field[0] & 0x7f;
        for (size_t i = 1; i < len; i++) {
            if (value >> 55) {
                return false;
            }
            value = value << 8 | (uint8_t) field[i];
        }
        *number = value;
        return ((uint8_t) field[0] & 0x40) == 0;
    }

    size_t i = 0;
    while (i < len && field[i] == ' ') {
        i++;
    }
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++) {
        *number = *number << 3 | (uint64_t) (field[i] - '0');
    }
    return i == len || field[i] == ' ' || field[i] == '\0';
}

/// The sum of all bytes, those of the sum itself as spaces. Some programs have taken bytes for signed numbers.
static bool is_checksum_right(const struct header *header) {
    uint64_t expected;
    if (!read_number(header->checksum, sizeof(header->checksum), &expected)) {
        return false;
    }
    const uint8_t *bytes = (const uint8_t *) header;
    size_t start = offsetof(struct header, checksum);
    size_t end = start + sizeof(header->checksum);
    int64_t plain = 0, as_signed = 0;
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        uint8_t byte = (i >= start && i < end) ? ' ' : bytes[i];
        plain += byte;
        as_signed += (int8_t) byte;
    }
    return (int64_t) expected == plain || (int64_t) expected == as_signed;
}

static bool is_zero(const struct header *header) {
    const uint8_t *bytes = (const uint8_t *) header;
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/// Copies a path of up to `len` bytes that may end earlier with a NUL.
static error_t set_path(struct overrides *over, const uint8_t *data, size_t len) {
    len = strnlen((const char *) data, len);
    if (len > TAR_PATH_MAX) {
        return ERR_TOO_LARGE;
    }
    memcpy(over->path, data, len);
    over->path[len] = '\0';
    return OK;
}

/// The decimal number at the start of a text; what follows a point is dropped. Times before 1970 count as unknown.
static uint64_t read_decimal(const uint8_t *text, size_t len) {
    uint64_t number = 0;
    for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
        if (number > (UINT64_MAX - 9) / 10) {
            return UINT64_MAX;
        }
        number = number * 10 + (uint64_t) (text[i] - '0');
    }
    return number;
}

static const uint8_t *find_byte(const uint8_t *data, char byte, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (data[i] == (uint8_t) byte) {
            return &data[i];
        }
    }
    return NULL;
}

static bool is_key(const uint8_t *text, size_t len, const char *key) {
    return strlen(key) == len && !memcmp(text, key, len);
}

static error_t apply_record(struct overrides *over, const uint8_t *key, size_t key_len,
                            const uint8_t *value, size_t value_len) {
    if (is_key(key, key_len, "path")) {
        return set_path(over, value, value_len);
    }
    if (is_key(key, key_len, "size")) {
        over->has_size = true;
        over->size = read_decimal(value, value_len);
    } else if (is_key(key, key_len, "mtime")) {
        over->has_mtime = true;
        over->mtime = read_decimal(value, value_len);
    }
    return OK;
}

/// Reads records, "LENGTH KEY=VALUE\n", where the length counts all of the record.
static error_t read_pax(struct overrides *over, const uint8_t *data, size_t len) {
    while (len > 0) {
        const uint8_t *space = find_byte(data, ' ', len);
        uint64_t record_len = read_decimal(data, len);
        if (!space || record_len > len || record_len < (uint64_t) (space - data) + 3) {
            return ERR_IO;
        }
        const uint8_t *key = space + 1;
        size_t rest = (size_t) record_len - (size_t) (key - data);
        const uint8_t *equals = find_byte(key, '=', rest);
        if (!equals || data[record_len - 1] != '\n') {
            return ERR_IO;
        }
        error_t err = apply_record(over, key, (size_t) (equals - key), equals + 1,
                                   rest - (size_t) (equals - key) - 2);
        if (IS_ERROR(err)) {
            return err;
        }
        data += record_len;
        len -= (size_t) record_len;
    }
    return OK;
}

/// Joins the two parts of a path that a header has itself, unless another header has said it.
static void read_path(struct overrides *over, const struct header *header) {
    if (over->path[0] != '\0') {
        return;
    }
    // GNU's own format, whose magic ends with a space, has something else where ustar has the prefix.
    bool has_prefix = !memcmp(header->magic, "ustar", 6) && header->prefix[0] != '\0';
    size_t len = has_prefix ? strnlen(header->prefix, sizeof(header->prefix)) : 0;
    memcpy(over->path, header->prefix, len);
    if (len > 0) {
        over->path[len++] = '/';
    }
    size_t name_len = strnlen(header->name, sizeof(header->name));
    memcpy(&over->path[len], header->name, name_len);
    over->path[len + name_len] = '\0';
}

static bool is_file(char type) {
    return type == '0' || type == '\0' || type == '7';
}

/// Links and devices have no contents, whatever their header says.
static bool has_contents(char type) {
    return type < '2' || type > '6';
}

typedef error_t (*found_t)(const struct tar_entry *entry, void *arg);

/// Tells of a file or directory.
static error_t tell(struct overrides *over, const struct header *header, const uint8_t *data,
                    size_t size, found_t found, void *arg) {
    struct tar_entry entry = {.path = over->path, .mtime = over->mtime};
    if (!over->has_mtime && !read_number(header->mtime, sizeof(header->mtime), &entry.mtime)) {
        return ERR_IO;
    }
    read_path(over, header);
    size_t len = strlen(over->path);
    if (len == 0) {
        return ERR_IO;
    }
    // Before ustar, directories were files whose names end with a slash.
    entry.is_directory = header->type == '5' || over->path[len - 1] == '/';
    if (!entry.is_directory) {
        entry.data = data;
        entry.size = size;
    }
    return found(&entry, arg);
}

/// Handles a header whose contents are `size` bytes at `data`.
static error_t handle(struct overrides *over, const struct header *header, const uint8_t *data,
                      size_t size, found_t found, void *arg) {
    switch (header->type) {
    case 'x':
        return read_pax(over, data, size);
    case 'L':
        return set_path(over, data, size);
    case 'g':
    case 'K':
        // What holds for all files (comments, as a rule), and the targets of links, are of no interest.
        return OK;
    default:
        break;
    }
    error_t err = OK;
    if (is_file(header->type) || header->type == '5') {
        err = tell(over, header, data, size, found, arg);
    }
    memset(over, 0, sizeof(*over));
    return err;
}

/// The size of what follows a header. A file's may have been said by one before.
static bool read_size(const struct overrides *over, const struct header *header, uint64_t *size) {
    if (!read_number(header->size, sizeof(header->size), size)) {
        return false;
    }
    if (over->has_size && is_file(header->type)) {
        *size = over->size;
    }
    if (!has_contents(header->type)) {
        *size = 0;
    }
    return true;
}

error_t tar_read(const void *tar, size_t len, found_t found, void *arg) {
    static struct overrides over;
    memset(&over, 0, sizeof(over));
    const uint8_t *at = tar;
    while (len > 0) {
        const struct header *header = (const struct header *) at;
        if (len < BLOCK_LEN) {
            return ERR_IO;
        }
        if (is_zero(header)) {
            return OK;
        }
        uint64_t size;
        if (!is_checksum_right(header) || !read_size(&over, header, &size)
            || size > len - BLOCK_LEN) {
            return ERR_IO;
        }

        error_t err = handle(&over, header, at + BLOCK_LEN, (size_t) size, found, arg);
        if (IS_ERROR(err)) {
            return err;
        }
        // The padding of the last file may be missing.
        size_t step = MIN(BLOCK_LEN + ALIGN_UP((size_t) size, BLOCK_LEN), len);
        at += step;
        len -= step;
    }
    return OK;
}
