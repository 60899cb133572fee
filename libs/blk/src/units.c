#include "units.h"

#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

static const char *name_prefix;
static unsigned num_disks;
static struct unit **units;
static unsigned num_units;

void units_init(const char *prefix) {
    name_prefix = prefix;
    num_disks = 0;
    num_units = 0;
    units = NULL;
}

const char *units_next_disk_name(void) {
    static char name[BLK_NAME_LEN];
    snprintf(name, sizeof(name), "%s%u", name_prefix, num_disks);
    return name;
}

struct unit *units_get(unsigned index) {
    return (index < num_units) ? units[index] : NULL;
}

struct unit *units_find(const char name[BLK_NAME_LEN]) {
    for (unsigned i = 0; i < num_units; i++) {
        if (strncmp(units[i]->name, name, BLK_NAME_LEN) == 0) {
            return units[i];
        }
    }
    return NULL;
}

struct unit *units_first_disk(void) {
    return units_get(0);
}

static void fill_disk(struct unit *unit, struct blk_disk *disk) {
    unit->num_sectors = disk->num_sectors;
    unit->kind = BLK_KIND_DISK;
    strncpy2(unit->name, units_next_disk_name(), sizeof(unit->name));
    size_t len = 0;
    for (const char *c = disk->model; c < &disk->model[BLK_LABEL_LEN] && *c != '\0'; c++) {
        label_append(unit->label, &len, (unsigned char) *c);
    }
    label_end(unit->label, len);
}

static void fill_partition(struct unit *unit, const struct partition *partition) {
    unit->first_sector = partition->first_sector;
    unit->num_sectors = partition->num_sectors;
    unit->kind = partition->kind;
    unit->type = partition->type;
    snprintf(unit->name, sizeof(unit->name), "%sp%u", units_next_disk_name(), partition->number);
    memcpy(unit->label, partition->label, sizeof(unit->label));
}

error_t units_add(struct blk_disk *disk, const struct partition_table *table) {
    unsigned count = 1 + (unsigned) table->num_partitions;
    struct unit **more = realloc(units, (num_units + count) * sizeof(struct unit *));
    if (more == NULL) {
        return ERR_NO_MEMORY;
    }
    units = more;
    struct unit *added = malloc(count * sizeof(*added));
    if (added == NULL) {
        return ERR_NO_MEMORY;
    }

    memset(added, 0, count * sizeof(*added));
    for (unsigned i = 0; i < count; i++) {
        added[i].disk = disk;
        units[num_units + i] = &added[i];
    }
    fill_disk(&added[0], disk);
    for (unsigned i = 1; i < count; i++) {
        fill_partition(&added[i], &table->partitions[i - 1]);
    }
    num_units += count;
    num_disks++;
    return OK;
}
