#include "bootfs_reader.h"

#include <string.h>

static const struct bootfs_header *header;
static const struct bootfs_file *files;
static paddr_t image_paddr;

static bool is_valid_file(const struct bootfs_file *file, size_t num_files, size_t image_len) {
    return file->name[0] != '\0' && file->name[BOOTFS_NAME_LEN - 1] == '\0'
           && file->alias_of <= num_files && IS_ALIGNED(file->off, PAGE_SIZE)
           && file->off <= image_len
           && ALIGN_UP((size_t) file->len, PAGE_SIZE) <= image_len - file->off;
}

const char *bootfs_init(const void *image, size_t len, paddr_t paddr) {
    const struct bootfs_header *new_header = image;
    if (len < sizeof(*new_header) || new_header->magic != BOOTFS_MAGIC) {
        return "no bootfs image";
    }
    if (new_header->version != BOOTFS_VERSION) {
        return "bootfs of another version";
    }

    size_t table_off = new_header->files_off;
    if (new_header->len > len || table_off > len || !IS_ALIGNED(table_off, sizeof(uint32_t))
        || new_header->num_files > (len - table_off) / sizeof(struct bootfs_file)) {
        return "bootfs is cut off";
    }

    const struct bootfs_file *new_files =
        (const struct bootfs_file *) ((const uint8_t *) image + table_off);
    for (size_t i = 0; i < new_header->num_files; i++) {
        if (!is_valid_file(&new_files[i], new_header->num_files, ALIGN_UP(len, PAGE_SIZE))) {
            return "bootfs has an invalid file entry";
        }
    }

    header = new_header;
    files = new_files;
    image_paddr = paddr;
    return NULL;
}

bool bootfs_overlaps(paddr_t paddr, size_t num_pages) {
    paddr_t end = image_paddr + ALIGN_UP((size_t) header->len, PAGE_SIZE);
    return paddr < end && paddr + num_pages * PAGE_SIZE > image_paddr;
}

size_t bootfs_num_files(void) {
    return header->num_files;
}

const struct bootfs_file *bootfs_file(size_t index) {
    return &files[index];
}

const struct bootfs_file *bootfs_find(const char *name) {
    // Files that are not in the order of their names would not be found, no worse.
    size_t first = 0, end = header->num_files;
    while (first < end) {
        size_t middle = (first + end) / 2;
        int order = strcmp(name, files[middle].name);
        if (order == 0) {
            return &files[middle];
        }
        if (order < 0) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    return NULL;
}

const char *bootfs_real_name(const struct bootfs_file *file) {
    return file->alias_of ? files[file->alias_of - 1].name : file->name;
}

const void *bootfs_data(const struct bootfs_file *file) {
    return (const uint8_t *) header + file->off;
}

paddr_t bootfs_paddr(const void *data) {
    return image_paddr + (size_t) ((const uint8_t *) data - (const uint8_t *) header);
}
