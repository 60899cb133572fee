#include <firmware/fdt.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "fdt_builder.h"

static struct fdt_builder builder;

/// A tree like that of a Raspberry Pi 3.
static void build_tree(void) {
    build_begin(&builder);
    build_node(&builder, "");
    build_cells(&builder, "#address-cells", (uint32_t[]){1}, 1);
    build_cells(&builder, "#size-cells", (uint32_t[]){1}, 1);
    build_node(&builder, "chosen");
    build_string(&builder, "bootargs", "run=\"test\" cpus=2");
    build_end_node(&builder);
    build_token(&builder, 4);
    build_node(&builder, "memory@0");
    build_string(&builder, "device_type", "memory");
    build_cells(&builder, "reg", (uint32_t[]){0, 0x3b400000}, 2);
    build_end_node(&builder);
    build_node(&builder, "cpus");
    build_cells(&builder, "#address-cells", (uint32_t[]){1}, 1);
    build_cells(&builder, "#size-cells", (uint32_t[]){0}, 1);
    build_node(&builder, "cpu@1");
    build_cells(&builder, "reg", (uint32_t[]){1}, 1);
    build_cells(&builder, "cpu-release-addr", (uint32_t[]){0, 0xe0}, 2);
    build_end_node(&builder);
    build_end_node(&builder);
    build_end_node(&builder);
    builder.reserved[1] = 0x1000;
    build_finish(&builder);
}

struct seen {
    int properties;
    uint64_t ram, release, cpu;
    const char *bootargs;
};

static bool note(const struct fdt_property *property, void *arg) {
    struct seen *seen = arg;
    const char *node = property->nodes[property->depth];
    uint64_t base;
    size_t offset = 0;
    seen->properties++;
    if (fdt_is_named(node, "memory") && !strcmp(property->name, "reg")) {
        (void) (fdt_number(property, &offset, property->address_cells, &base)
                && fdt_number(property, &offset, property->size_cells, &seen->ram));
    } else if (fdt_is_named(node, "cpu") && !strcmp(property->name, "reg")) {
        (void) fdt_number(property, &offset, property->address_cells, &seen->cpu);
    } else if (!strcmp(property->name, "cpu-release-addr")) {
        (void) fdt_number(property, &offset, 2, &seen->release);
    } else if (!strcmp(property->name, "bootargs")) {
        seen->bootargs = fdt_string(property);
    }
    return true;
}

static void add(uint64_t base, uint64_t len, void *arg) {
    uint64_t *sum = arg;
    *sum += base + len;
}

TEST("a device tree is read from its root to its leaves") {
    struct seen seen = {0};
    build_tree();
    TEST_EXPECT_EQ(fdt_size(builder.blob, sizeof(builder.blob)), builder.blob_len);
    TEST_EXPECT(fdt_walk(builder.blob, builder.blob_len, note, &seen));
    TEST_EXPECT_EQ(seen.properties, 9);
    TEST_EXPECT_EQ(seen.ram, 0x3b400000);
    TEST_EXPECT_EQ(seen.cpu, 1);
    TEST_EXPECT_EQ(seen.release, 0xe0);
    TEST_EXPECT_STR_EQ(seen.bootargs, "run=\"test\" cpus=2");
}

TEST("the reservation block ends with zeroes") {
    uint64_t sum = 0;
    build_tree();
    TEST_EXPECT(fdt_reservations(builder.blob, builder.blob_len, add, &sum));
    TEST_EXPECT_EQ(sum, 0x1000);
}

static bool stop(const struct fdt_property *property __unused, void *arg) {
    int *count = arg;
    return ++*count < 2;
}

TEST("a visitor can stop the walk") {
    int count = 0;
    build_tree();
    TEST_EXPECT(fdt_walk(builder.blob, builder.blob_len, stop, &count));
    TEST_EXPECT_EQ(count, 2);
}

TEST("what is no device tree has no size") {
    build_tree();
    TEST_EXPECT_EQ(fdt_size(builder.blob, 39), 0);
    TEST_EXPECT_EQ(fdt_size(builder.blob, builder.blob_len - 1), 0);
    builder.blob[27] = 18;  // A version that can't be read like ours.
    TEST_EXPECT_EQ(fdt_size(builder.blob, builder.blob_len), 0);
    build_tree();
    builder.blob[3] ^= 1;
    TEST_EXPECT_EQ(fdt_size(builder.blob, builder.blob_len), 0);
    TEST_EXPECT(!fdt_walk(builder.blob, builder.blob_len, note, &(struct seen){0}));
    TEST_EXPECT(!fdt_reservations(builder.blob, builder.blob_len, add, &(uint64_t){0}));
}

TEST("numbers are within the property") {
    const uint8_t data[] = {0, 0, 0, 1, 0, 0, 0, 2};
    struct fdt_property property = {.data = data, .len = sizeof(data)};
    size_t offset = 0;
    uint64_t value;
    TEST_EXPECT(fdt_number(&property, &offset, 2, &value));
    TEST_EXPECT_EQ(value, 0x100000002);
    TEST_EXPECT(!fdt_number(&property, &offset, 1, &value));
    offset = 0;
    TEST_EXPECT(!fdt_number(&property, &offset, 0, &value));
    TEST_EXPECT(!fdt_number(&property, &offset, 3, &value));
    offset = SIZE_MAX;
    TEST_EXPECT(!fdt_number(&property, &offset, 1, &value));
}

TEST("a string without an end is none") {
    struct fdt_property property = {.data = (const uint8_t *) "abc", .len = 3};
    TEST_EXPECT(fdt_string(&property) == NULL);
    property.len = 4;
    TEST_EXPECT_STR_EQ(fdt_string(&property), "abc");
}

TEST("a node is named without its unit address") {
    TEST_EXPECT(fdt_is_named("cpu@0", "cpu") && fdt_is_named("cpu", "cpu"));
    TEST_EXPECT(!fdt_is_named("cpus", "cpu") && !fdt_is_named("cp", "cpu"));
}

TEST("deep nodes are passed over") {
    struct seen seen = {0};
    build_begin(&builder);
    for (int i = 0; i < 20; i++) {
        build_node(&builder, "n");
    }
    build_string(&builder, "bootargs", "too deep");
    for (int i = 0; i < 20; i++) {
        build_end_node(&builder);
    }
    build_finish(&builder);
    TEST_EXPECT(fdt_walk(builder.blob, builder.blob_len, note, &seen));
    TEST_EXPECT_EQ(seen.properties, 0);
}

/// Walks a copy that ends where its allocation ends: a read beyond is an error of the sanitizer's.
static void try_blob(const uint8_t *bytes, size_t len) {
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    (void) fdt_walk(copy, len, note, &(struct seen){0});
    (void) fdt_reservations(copy, len, add, &(uint64_t){0});
    free(copy);
}

TEST("damaged trees are survived") {
    build_tree();
    for (size_t len = 0; len <= builder.blob_len; len++) {
        try_blob(builder.blob, len);
    }
    for (size_t at = 0; at < builder.blob_len; at++) {
        static const uint8_t values[] = {0, 1, 3, 9, 0x7f, 0x80, 0xff};
        for (size_t i = 0; i < sizeof(values); i++) {
            uint8_t old = builder.blob[at];
            builder.blob[at] = values[i];
            try_blob(builder.blob, builder.blob_len);
            builder.blob[at] = old;
        }
    }
}

TEST("random changes are survived") {
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        build_tree();
        for (int i = 0; i < 4; i++) {
            random = random * 1664525 + 1013904223;
            builder.blob[(random >> 8) % builder.blob_len] = (uint8_t) (random >> 24);
        }
        try_blob(builder.blob, builder.blob_len);
    }
}

TEST("a tree that doesn't end properly is damaged") {
    build_tree();
    builder.blob[builder.blob_len - builder.strings_len - 1] = 4;  // FDT_END becomes a NOP.
    TEST_EXPECT(!fdt_walk(builder.blob, builder.blob_len, note, &(struct seen){0}));
}
