#include "automount.h"

#include <fs.h>
#include <idl_client.h>
#include <resea/printf.h>
#include <string.h>

/// Units of a driver that are looked at.
#define UNITS_MAX 64

struct unit {
    char name[BLK_NAME_LEN];
    enum blk_kind kind;
    bool writable;
};

static struct unit units[UNITS_MAX];

static unsigned read_units(task_t driver) {
    unsigned count = 0;
    while (count < UNITS_MAX) {
        struct unit *unit = &units[count];
        uint64_t num_sectors, first_sector;
        uint32_t sector_size, type;
        error_t err = call_blk_unit(driver, count, &num_sectors, &first_sector, &sector_size,
                                    &unit->kind, &type, &unit->writable, unit->name);
        if (IS_ERROR(err)) {
            break;
        }
        unit->name[sizeof(unit->name) - 1] = '\0';
        count++;
    }
    return count;
}

/// Whether a unit is a disk that has partitions: these are what is mounted.
static bool is_partitioned(const struct unit *disk, unsigned count) {
    size_t len = strlen(disk->name);
    for (unsigned i = 0; disk->kind == BLK_KIND_DISK && i < count; i++) {
        if (!strncmp(units[i].name, disk->name, len) && units[i].name[len] == 'p') {
            return true;
        }
    }
    return false;
}

/// Whether a service is there, or will be: this waits for it then.
static bool is_there(const char *service) {
    task_t task;
    bool expected;
    return IS_OK(call_services_find(INIT_TASK, service, &task, &expected)) && (task || expected)
           && IS_OK(ipc_lookup(service));
}

static void mount_unit(const struct unit *unit, const char *file_systems) {
    char path[1 + BLK_NAME_LEN] = "/", service[VFS_SERVICE_LEN];
    strncpy2(&path[1], unit->name, BLK_NAME_LEN);
    while (*file_systems != '\0') {
        const char *space = strchr(file_systems, ' ');
        size_t len = space ? (size_t) (space - file_systems) : strlen(file_systems);
        strncpy2(service, file_systems, MIN(len + 1, sizeof(service)));
        file_systems += len + (space != NULL);
        if (len == 0 || !is_there(service)) {
            continue;
        }

        error_t err = fs_mount(service, unit->name, !unit->writable, path);
        if (IS_OK(err)) {
            INFO("%s is mounted at %s", unit->name, path);
            return;
        }
        // That somebody else has mounted it, or that it is no such file system, is nothing to tell.
        if (err != ERR_NOT_ACCEPTABLE && err != ERR_ALREADY_EXISTS) {
            WARN("%s can't be mounted: %s", unit->name, fs_error_text(err));
        }
    }
}

static void mount_all(task_t driver, const char *file_systems) {
    unsigned count = read_units(driver);
    for (unsigned i = 0; i < count; i++) {
        if (!is_partitioned(&units[i], count)) {
            mount_unit(&units[i], file_systems);
        }
    }
}

void automount(const char *file_systems) {
    task_t task;
    bool expected;
    char name[SERVICES_NAME_LEN];
    for (unsigned i = 0; IS_OK(call_services_service(INIT_TASK, i, &task, &expected, name)); i++) {
        name[sizeof(name) - 1] = '\0';
        if (strncmp(name, "blk.", 4) != 0 || (task == 0 && !expected)) {
            continue;
        }
        // A driver that finds no device ends, and is not waited for any more.
        task = ipc_lookup(name);
        if (IS_OK(task)) {
            mount_all(task, file_systems);
        }
    }
}
