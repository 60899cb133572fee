#ifndef __FDT_BUILDER_H__
#define __FDT_BUILDER_H__

#include <types.h>

/// Makes device trees for tests: begin, nodes and properties in order, finish.
struct fdt_builder {
    uint8_t tokens[1024];
    uint8_t strings[256];
    uint8_t blob[2048];
    size_t tokens_len, strings_len, blob_len;
    uint64_t reserved[4];  ///< base, len, base, len
};

void build_begin(struct fdt_builder *b);
void build_token(struct fdt_builder *b, uint32_t value);
void build_node(struct fdt_builder *b, const char *name);
void build_end_node(struct fdt_builder *b);
void build_property(struct fdt_builder *b, const char *name, const void *data, size_t len);
void build_string(struct fdt_builder *b, const char *name, const char *value);
void build_cells(struct fdt_builder *b, const char *name, const uint32_t *cells, size_t num);
/// Puts the parts together in `blob`, which is `blob_len` bytes long.
void build_finish(struct fdt_builder *b);

#endif
