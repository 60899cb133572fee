#include "make_tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void make_begin(struct tarball *tarball) {
    *tarball = (struct tarball){0};
}

void make_free(struct tarball *tarball) {
    free(tarball->bytes);
}

/// Adds zeroes, in memory of exactly the tarball's length: the sanitizer sees each byte too many.
static uint8_t *extend(struct tarball *tarball, size_t len) {
    tarball->bytes = realloc(tarball->bytes, tarball->len + len);
    uint8_t *added = &tarball->bytes[tarball->len];
    memset(added, 0, len);
    tarball->len += len;
    return added;
}

void make_sign(uint8_t *header) {
    unsigned sum = 0;
    memset(&header[148], ' ', 8);
    for (int i = 0; i < TAR_BLOCK; i++) {
        sum += header[i];
    }
    snprintf((char *) &header[148], 8, "%06o", sum);
}

uint8_t *make_add(struct tarball *tarball, const char *name, char type, const void *data,
                  size_t len) {
    size_t start = tarball->len;
    extend(tarball, TAR_BLOCK + (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
    uint8_t *header = &tarball->bytes[start];
    memcpy(header, name, strlen(name) < 100 ? strlen(name) : 100);
    snprintf((char *) &header[124], 12, "%011zo", len);
    snprintf((char *) &header[136], 12, "%011o", 1700000000);
    header[156] = (uint8_t) type;
    memcpy(&header[257], "ustar\00000", 8);
    if (len > 0) {
        memcpy(&header[TAR_BLOCK], data, len);
    }
    make_sign(header);
    return header;
}

uint8_t *make_add_file(struct tarball *tarball, const char *name, const char *text) {
    return make_add(tarball, name, '0', text, strlen(text));
}

void make_add_pax(struct tarball *tarball, const char *key, const char *value) {
    // The length counts itself.
    char record[8192];
    size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;
    while (len != rest + (size_t) snprintf(NULL, 0, "%zu", len)) {
        len++;
    }
    snprintf(record, sizeof(record), "%zu %s=%s\n", len, key, value);
    make_add(tarball, "pax", 'x', record, len);
}

void make_end(struct tarball *tarball) {
    extend(tarball, 2 * TAR_BLOCK);
}
