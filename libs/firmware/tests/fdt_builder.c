#include "fdt_builder.h"

#include <string.h>

static void put_be32(uint8_t *p, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t) (value >> (24 - 8 * i));
    }
}

void build_begin(struct fdt_builder *b) {
    memset(b, 0, sizeof(*b));
}

void build_token(struct fdt_builder *b, uint32_t value) {
    put_be32(b->tokens + b->tokens_len, value);
    b->tokens_len += 4;
}

static void put_padded(struct fdt_builder *b, const void *data, size_t len) {
    memcpy(b->tokens + b->tokens_len, data, len);
    b->tokens_len += (len + 3) & ~(size_t) 3;
}

void build_node(struct fdt_builder *b, const char *name) {
    build_token(b, 1);
    put_padded(b, name, strlen(name) + 1);
}

void build_end_node(struct fdt_builder *b) {
    build_token(b, 2);
}

void build_property(struct fdt_builder *b, const char *name, const void *data, size_t len) {
    build_token(b, 3);
    build_token(b, (uint32_t) len);
    build_token(b, (uint32_t) b->strings_len);
    put_padded(b, data, len);
    memcpy(b->strings + b->strings_len, name, strlen(name) + 1);
    b->strings_len += strlen(name) + 1;
}

void build_string(struct fdt_builder *b, const char *name, const char *value) {
    build_property(b, name, value, strlen(value) + 1);
}

void build_cells(struct fdt_builder *b, const char *name, const uint32_t *cells, size_t num) {
    uint8_t bytes[64];
    for (size_t i = 0; i < num; i++) {
        put_be32(bytes + 4 * i, cells[i]);
    }
    build_property(b, name, bytes, 4 * num);
}

void build_finish(struct fdt_builder *b) {
    build_token(b, 9);
    size_t reserved = 40, tokens = reserved + 48, strings = tokens + b->tokens_len;
    b->blob_len = strings + b->strings_len;
    const uint32_t header[10] = {
        0xd00dfeed,
        (uint32_t) b->blob_len,
        (uint32_t) tokens,
        (uint32_t) strings,
        (uint32_t) reserved,
        17,
        16,
        0,
        (uint32_t) b->strings_len,
        (uint32_t) b->tokens_len,
    };
    for (int i = 0; i < 10; i++) {
        put_be32(b->blob + 4 * i, header[i]);
    }
    for (int i = 0; i < 4; i++) {
        put_be32(b->blob + reserved + 8 * i, (uint32_t) (b->reserved[i] >> 32));
        put_be32(b->blob + reserved + 8 * i + 4, (uint32_t) b->reserved[i]);
    }
    memcpy(b->blob + tokens, b->tokens, b->tokens_len);
    memcpy(b->blob + strings, b->strings, b->strings_len);
}
