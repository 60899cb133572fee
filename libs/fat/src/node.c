#include "node.h"

#include <resea/datetime.h>
#include <resea/malloc.h>
#include <string.h>

#include "commit.h"
#include "table.h"

/// Dates count from here.
#define FIRST_YEAR 1980
#define LAST_YEAR  2107

uint64_t fat_now(const struct fat *fat) {
    return (fat->now != NULL) ? fat->now() : 0;
}

/// (The specification, "Date and Time Formats". Nothing says of which time zone they are.)
static void pack_time(uint64_t seconds, uint16_t *date, uint16_t *time) {
    struct datetime dt = {.year = FIRST_YEAR, .month = 1, .day = 1};
    if (seconds < INT64_MAX / 1024) {
        timestamp_to_datetime((int64_t) seconds, &dt);
    }
    if (dt.year < FIRST_YEAR || dt.year > LAST_YEAR) {
        dt = (struct datetime){.year = FIRST_YEAR, .month = 1, .day = 1};
    }
    *date = (uint16_t) ((dt.year - FIRST_YEAR) << 9 | dt.month << 5 | dt.day);
    *time = (uint16_t) (dt.hour << 11 | dt.minute << 5 | dt.second / 2);
}

static uint64_t unpack_time(uint16_t date, uint16_t time) {
    struct datetime dt = {.year = FIRST_YEAR + (date >> 9),
                          .month = (date >> 5) & 15,
                          .day = date & 31,
                          .hour = (uint8_t) (time >> 11),
                          .minute = (time >> 5) & 63,
                          .second = (uint8_t) ((time & 31) * 2)};
    bool valid = dt.month >= 1 && dt.month <= 12 && dt.day >= 1;
    return valid ? (uint64_t) datetime_to_timestamp(&dt) : 0;
}

void node_read_entry(const struct fat *fat, const uint8_t *entry, struct entry_info *info) {
    uint32_t high = (fat->bits == 32) ? get16(entry + ENTRY_START_HIGH) : 0;
    info->start = high << 16 | get16(entry + ENTRY_START_LOW);
    info->size = get32(entry + ENTRY_SIZE);
    info->mtime = unpack_time(get16(entry + ENTRY_WRITE_DATE), get16(entry + ENTRY_WRITE_TIME));
    info->is_directory = (entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0;
    info->read_only = (entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_READ_ONLY) != 0;
    if (info->is_directory) {
        info->size = 0;
    }
}

void node_put_start(const struct fat *fat, uint8_t *entry, uint32_t start) {
    put16(entry + ENTRY_START_LOW, start);
    if (fat->bits == 32) {
        put16(entry + ENTRY_START_HIGH, start >> 16);
    }
}

void node_put_new(const struct fat *fat, uint8_t *entry, unsigned attributes, uint32_t start) {
    uint16_t date, time;
    pack_time(fat_now(fat), &date, &time);
    memset(entry, 0, ENTRY_LEN);
    entry[ENTRY_ATTRIBUTES] = (uint8_t) attributes;
    put16(entry + ENTRY_CREATE_TIME, time);
    put16(entry + ENTRY_CREATE_DATE, date);
    put16(entry + ENTRY_ACCESS_DATE, date);
    put16(entry + ENTRY_WRITE_TIME, time);
    put16(entry + ENTRY_WRITE_DATE, date);
    node_put_start(fat, entry, start);
}

struct fat_node *node_find(struct fat *fat, uint32_t directory, uint32_t index) {
    struct fat_node *node = fat->nodes;
    while (node != NULL && (node->directory != directory || node->index != index)) {
        node = node->next;
    }
    return node;
}

static error_t __mustuse make_node(struct fat *fat, const struct location *location,
                                   const uint8_t *entry, struct fat_node **made) {
    struct entry_info info = {.is_directory = true};
    if (location != NULL) {
        node_read_entry(fat, entry, &info);
        if (info.is_directory && !is_cluster(fat, info.start)) {
            return ERR_IO;
        }
    }
    struct fat_node *node = malloc(sizeof(*node));
    if (node == NULL) {
        return ERR_NO_MEMORY;
    }
    *node = (struct fat_node){.fat = fat,
                              .next = fat->nodes,
                              .is_directory = info.is_directory,
                              .read_only = info.read_only || fat->read_only,
                              .directory = (location != NULL) ? location->directory : 0,
                              .index = (location != NULL) ? location->index : NO_INDEX,
                              .first = (location != NULL) ? location->first : NO_INDEX,
                              .place = (location != NULL) ? location->place : 0,
                              .start = info.start,
                              .size = info.size,
                              .mtime = info.mtime};
    fat->nodes = node;
    *made = node;
    return OK;
}

error_t node_open(struct fat *fat, const struct location *location, const uint8_t *entry,
                  struct fat_node **opened) {
    *opened = (location != NULL) ? node_find(fat, location->directory, location->index)
                                 : node_find(fat, 0, NO_INDEX);
    if (*opened == NULL) {
        error_t err = make_node(fat, location, entry, opened);
        if (err != OK) {
            return err;
        }
    }
    (*opened)->refs++;
    return OK;
}

void node_put(const struct fat_node *node, uint8_t *entry) {
    if (node->is_directory) {
        return;
    }
    uint16_t date, time;
    node_put_start(node->fat, entry, node->start);
    put32(entry + ENTRY_SIZE, node->size);
    if (node->is_dirty) {
        pack_time(node->mtime, &date, &time);
        put16(entry + ENTRY_WRITE_TIME, time);
        put16(entry + ENTRY_WRITE_DATE, date);
        put16(entry + ENTRY_ACCESS_DATE, date);
        entry[ENTRY_ATTRIBUTES] |= ATTRIBUTE_ARCHIVE;
    }
}

error_t node_store(struct fat_node *node) {
    uint8_t *entry;
    error_t err = blkcache_edit(node->fat->cache, node->place, ENTRY_LEN, CLASS_DIRECTORY, &entry);
    if (err == OK) {
        node_put(node, entry);
        node->is_dirty = false;
    }
    return err;
}

void node_changed(struct fat_node *node) {
    node->is_dirty = node->is_unflushed = true;
    node->mtime = fat_now(node->fat);
    node->fat->is_changed = true;
}

error_t node_take_error(struct fat_node *node) {
    error_t err = node->error;
    node->error = OK;
    return err;
}

static void free_node(struct fat_node *node) {
    struct fat_node **link = &node->fat->nodes;
    while (*link != node) {
        link = &(*link)->next;
    }
    *link = node->next;
    free(node);
}

error_t fat_close(struct fat_node *node) {
    error_t err = node_take_error(node);
    if (--node->refs > 0) {
        return err;
    }
    if (node->is_dirty) {
        // Whatever the order in which its entry and the others' are written: a commit writes them last of all.
        error_t stored = commit_if_tight(node->fat);
        if (stored == OK) {
            stored = node_store(node);
        }
        err = (err == OK) ? stored : err;
    }
    free_node(node);
    return err;
}

void fat_stat_node(const struct fat_node *node, struct fat_stat *stat) {
    *stat = (struct fat_stat){.size = node->size,
                              .mtime = node->mtime,
                              .is_directory = node->is_directory,
                              .read_only = node->read_only};
}
