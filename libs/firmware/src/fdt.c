#include <firmware/fdt.h>
#include <string.h>

#define FDT_MAGIC 0xd00dfeedu
#define FDT_COMPATIBLE \
    17  ///< Blobs of this version, and later ones that say so, look as we know them.

// Tokens of the structure block.
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP        4
#define FDT_END        9

// Where the header's 32-bit fields are.
#define HEADER_MAGIC           0
#define HEADER_SIZE            4
#define HEADER_STRUCT_OFFSET   8
#define HEADER_STRINGS_OFFSET  12
#define HEADER_RESERVED_OFFSET 16
#define HEADER_COMPATIBLE      24
#define HEADER_STRINGS_SIZE    32
#define HEADER_STRUCT_SIZE     36
#define HEADER_LEN             40

#define DEFAULT_ADDRESS_CELLS 2
#define DEFAULT_SIZE_CELLS    1

/// A part of the blob; `at` is where we are in it.
struct block {
    const uint8_t *data;
    size_t len;
    size_t at;
};

/// Cells of the children of a node.
struct cells {
    unsigned address;
    unsigned size;
};

struct walk {
    struct block tokens;
    struct block strings;
    struct fdt_property property;
    struct cells
        cells[FDT_MAX_DEPTH + 1];  ///< [d]: for nodes of depth d, as their parent has said.
    int depth;                     ///< Of the node we are in; -1: in none.
};

static uint32_t read_be32(const uint8_t *p) {
    return ((uint32_t) p[0] << 24) | ((uint32_t) p[1] << 16) | ((uint32_t) p[2] << 8) | p[3];
}

size_t fdt_size(const void *blob, size_t max_len) {
    const uint8_t *header = blob;
    if (max_len < HEADER_LEN || read_be32(header + HEADER_MAGIC) != FDT_MAGIC
        || read_be32(header + HEADER_COMPATIBLE) > FDT_COMPATIBLE) {
        return 0;
    }
    size_t size = read_be32(header + HEADER_SIZE);
    return size >= HEADER_LEN && size <= max_len ? size : 0;
}

/// The block that the header describes; false if it isn't within the blob.
static bool find_block(const void *blob, size_t size, size_t offset, size_t len,
                       struct block *block) {
    if (offset > size || len > size - offset) {
        return false;
    }
    *block = (struct block){.data = (const uint8_t *) blob + offset, .len = len};
    return true;
}

static bool take_u32(struct block *block, uint32_t *value) {
    if (block->len - block->at < sizeof(uint32_t)) {
        return false;
    }
    *value = read_be32(block->data + block->at);
    block->at += sizeof(uint32_t);
    return true;
}

/// Takes `len` bytes and the padding to the next token.
static bool take_bytes(struct block *block, size_t len, const uint8_t **bytes) {
    if (len > block->len - block->at) {
        return false;
    }
    *bytes = block->data + block->at;
    block->at = MIN(ALIGN_UP(block->at + len, sizeof(uint32_t)), block->len);
    return true;
}

/// The string at an offset of a block; NULL if it has no end there.
static const char *string_at(const struct block *block, size_t offset) {
    const char *string = (const char *) block->data + offset;
    if (offset >= block->len || strnlen(string, block->len - offset) == block->len - offset) {
        return NULL;
    }
    return string;
}

static bool begin_node(struct walk *walk) {
    const char *name = string_at(&walk->tokens, walk->tokens.at);
    const uint8_t *bytes;
    if (!name || !take_bytes(&walk->tokens, strlen(name) + 1, &bytes)) {
        return false;
    }
    walk->depth++;
    if (walk->depth < FDT_MAX_DEPTH) {
        walk->property.nodes[walk->depth] = name;
        walk->cells[walk->depth + 1] = (struct cells){DEFAULT_ADDRESS_CELLS, DEFAULT_SIZE_CELLS};
    }
    return true;
}

/// Takes note of what a node says of its children.
static void note_cells(struct walk *walk) {
    const struct fdt_property *property = &walk->property;
    struct cells *cells = &walk->cells[walk->depth + 1];
    if (property->len == sizeof(uint32_t) && !strcmp(property->name, "#address-cells")) {
        cells->address = read_be32(property->data);
    } else if (property->len == sizeof(uint32_t) && !strcmp(property->name, "#size-cells")) {
        cells->size = read_be32(property->data);
    }
}

/// Reads a property into walk->property. False: it is damaged.
static bool read_property(struct walk *walk) {
    struct fdt_property *property = &walk->property;
    uint32_t len, name;
    if (walk->depth < 0 || !take_u32(&walk->tokens, &len) || !take_u32(&walk->tokens, &name)
        || !take_bytes(&walk->tokens, len, &property->data)) {
        return false;
    }
    property->name = string_at(&walk->strings, name);
    property->len = len;
    property->depth = walk->depth;
    if (property->name && walk->depth < FDT_MAX_DEPTH) {
        property->address_cells = walk->cells[walk->depth].address;
        property->size_cells = walk->cells[walk->depth].size;
        note_cells(walk);
    }
    return property->name != NULL;
}

/// Works off one token. False: the end, or damage; `*good` tells which.
static bool step(struct walk *walk, bool (*visit)(const struct fdt_property *property, void *arg),
                 void *arg, bool *good) {
    uint32_t token;
    *good = false;
    if (!take_u32(&walk->tokens, &token)) {
        return false;
    }
    switch (token) {
    case FDT_BEGIN_NODE:
        return begin_node(walk);
    case FDT_END_NODE:
        return walk->depth-- >= 0;
    case FDT_NOP:
        return true;
    case FDT_PROP:
        if (!read_property(walk)) {
            return false;
        }
        *good = true;
        return walk->depth >= FDT_MAX_DEPTH || visit(&walk->property, arg);
    default:
        *good = token == FDT_END && walk->depth < 0;
        return false;
    }
}

bool fdt_walk(const void *blob, size_t max_len,
              bool (*visit)(const struct fdt_property *property, void *arg), void *arg) {
    const uint8_t *header = blob;
    size_t size = fdt_size(blob, max_len);
    struct walk walk = {.depth = -1, .cells = {{DEFAULT_ADDRESS_CELLS, DEFAULT_SIZE_CELLS}}};
    if (!size
        || !find_block(blob, size, read_be32(header + HEADER_STRUCT_OFFSET),
                       read_be32(header + HEADER_STRUCT_SIZE), &walk.tokens)
        || !find_block(blob, size, read_be32(header + HEADER_STRINGS_OFFSET),
                       read_be32(header + HEADER_STRINGS_SIZE), &walk.strings)) {
        return false;
    }
    bool good;
    while (step(&walk, visit, arg, &good)) {}
    return good;
}

bool fdt_reservations(const void *blob, size_t max_len,
                      void (*visit)(uint64_t base, uint64_t len, void *arg), void *arg) {
    const uint8_t *bytes = blob;
    size_t size = fdt_size(blob, max_len);
    size_t at = size ? read_be32(bytes + HEADER_RESERVED_OFFSET) : 0;
    while (size >= 16 && at <= size - 16) {
        uint64_t base = ((uint64_t) read_be32(bytes + at) << 32) | read_be32(bytes + at + 4);
        uint64_t len = ((uint64_t) read_be32(bytes + at + 8) << 32) | read_be32(bytes + at + 12);
        if (!base && !len) {
            return true;
        }
        visit(base, len, arg);
        at += 16;
    }
    return false;
}

bool fdt_number(const struct fdt_property *property, size_t *offset, unsigned cells,
                uint64_t *value) {
    size_t len = cells * sizeof(uint32_t);
    if (cells < 1 || cells > 2 || *offset > property->len || len > property->len - *offset) {
        return false;
    }
    *value = 0;
    for (unsigned i = 0; i < cells; i++) {
        *value = (*value << 32) | read_be32(property->data + *offset + i * sizeof(uint32_t));
    }
    *offset += len;
    return true;
}

const char *fdt_string(const struct fdt_property *property) {
    const char *string = (const char *) property->data;
    return strnlen(string, property->len) < property->len ? string : NULL;
}

bool fdt_is_named(const char *node, const char *name) {
    size_t len = strlen(name);
    return !strncmp(node, name, len) && (node[len] == '\0' || node[len] == '@');
}
