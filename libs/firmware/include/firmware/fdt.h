#ifndef __FIRMWARE_FDT_H__
#define __FIRMWARE_FDT_H__

/// \file
/// Reads flattened device trees (Devicetree Specification 0.3, chapter 5), in place and without
/// memory of its own. Nothing in the blob is believed: every offset and length is checked against
/// the blob's end, and what doesn't fit ends the reading.

#include <types.h>

/// Nodes that are nested deeper than this are not looked into. The root has depth 0.
#define FDT_MAX_DEPTH 8

/// A property, as fdt_walk() shows it. The pointers are into the blob; values are big-endian.
struct fdt_property {
    int depth;  ///< Of the node that has it.
    const char
        *nodes[FDT_MAX_DEPTH];  ///< The names on the way there: nodes[depth] is the node's own.
    const char *name;
    const uint8_t *data;
    size_t len;
    unsigned address_cells;  ///< How the node's parent says "reg" is to be read: 32-bit cells
    unsigned size_cells;     ///< of an address, and of a size.
};

/// Whether there is a device tree at `blob`, no longer than `max_len`; its length then, or 0.
size_t fdt_size(const void *blob, size_t max_len);

/// Calls `visit` for each property, in the order of the blob, until it returns false. False: the
/// tree is damaged; what comes before the damage has been shown.
bool fdt_walk(const void *blob, size_t max_len,
              bool (*visit)(const struct fdt_property *property, void *arg), void *arg);

/// Calls `visit` for each range of the blob's memory reservation block. False: it is damaged.
bool fdt_reservations(const void *blob, size_t max_len,
                      void (*visit)(uint64_t base, uint64_t len, void *arg), void *arg);

/// The number in `cells` 32-bit cells (1 or 2) at *offset of the property, which is moved behind
/// it. False: there aren't that many left, or the number of cells is neither 1 nor 2.
bool fdt_number(const struct fdt_property *property, size_t *offset, unsigned cells,
                uint64_t *value);

/// The property's value as a string; NULL if it isn't terminated.
const char *fdt_string(const struct fdt_property *property);

/// Whether a node's name, less its unit address ("cpu@0"), is `name`.
bool fdt_is_named(const char *node, const char *name);

#endif
