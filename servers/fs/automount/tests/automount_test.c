// Drivers, file systems and the table of mounts, as the tests want them.

#include "../automount.h"

#include <fs.h>
#include <resea/ipc.h>
#include <stdio.h>
#include <string.h>
#include <unittest.h>

static struct service {
    const char *name;
    task_t task;
    bool expected;
    error_t lookup;
} services[] = {
    {"random", 9, true, OK},     {"blk.sd", 20, true, OK},  {"blk.gone", 0, true, ERR_UNAVAILABLE},
    {"blk.never", 0, false, OK}, {"blk.late", 0, true, OK}, {"fs.a", 40, true, OK},
    {"fs.b", 41, true, OK},
};
#define NUM_SERVICES (sizeof(services) / sizeof(services[0]))
enum {
    LATE = 21
};

/// What has been asked to be mounted, and what has been.
static char tried[512];

static int service_index(const char *name) {
    for (size_t i = 0; i < NUM_SERVICES; i++) {
        if (!strcmp(services[i].name, name)) {
            return (int) i;
        }
    }
    return -1;
}

task_t ipc_lookup(const char *name) {
    int index = service_index(name);
    TEST_EXPECT(index >= 0);
    TEST_EXPECT(services[index].task || services[index].expected);
    if (IS_ERROR(services[index].lookup)) {
        return services[index].lookup;
    }
    return services[index].task ? services[index].task : LATE;
}

static error_t answer_vm(struct message *m) {
    size_t index = m->services_service.index;
    if (m->type == SERVICES_FIND_MSG) {
        int found = service_index(m->services_find.name);
        if (found < 0) {
            return ERR_NOT_FOUND;
        }
        m->type = SERVICES_FIND_REPLY_MSG;
        m->services_find_reply.task = services[found].task;
        m->services_find_reply.expected = services[found].expected;
        return OK;
    }
    if (index >= NUM_SERVICES) {
        return ERR_END;
    }
    m->type = SERVICES_SERVICE_REPLY_MSG;
    m->services_service_reply.task = services[index].task;
    m->services_service_reply.expected = services[index].expected;
    strncpy2(m->services_service_reply.name, services[index].name, SERVICES_NAME_LEN);
    return OK;
}

static error_t answer_unit(task_t driver, struct message *m) {
    static const struct {
        task_t driver;
        const char *name;
        int kind;
    } units[] = {
        {20, "sd0", BLK_KIND_DISK},
        {20, "sd0p1", BLK_KIND_MBR_PARTITION},
        {20, "sd0p2", BLK_KIND_MBR_PARTITION},
        {20, "sd1", BLK_KIND_DISK},
        {LATE, "late0", BLK_KIND_DISK},
    };
    unsigned index = m->blk_unit.index;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].driver == driver && index-- == 0) {
            memset(m->raw, 0, sizeof(m->raw));
            m->type = BLK_UNIT_REPLY_MSG;
            m->blk_unit_reply.kind = units[i].kind;
            m->blk_unit_reply.writable = strcmp(units[i].name, "sd1") != 0;
            strncpy2(m->blk_unit_reply.name, units[i].name, BLK_NAME_LEN);
            return OK;
        }
    }
    return ERR_END;
}

error_t ipc_call(task_t dst, struct message *m) {
    return (dst == INIT_TASK) ? answer_vm(m) : answer_unit(dst, m);
}

error_t fs_mount(const char *service, const char *volume, bool read_only, const char *path) {
    size_t len = strlen(tried);
    snprintf(&tried[len], sizeof(tried) - len, "%s:%s:%s%s ", service, volume, path,
             read_only ? ":ro" : "");
    // fs.a knows the first partition, fs.b all; a disk has failed.
    if (!strcmp(volume, "late0")) {
        return ERR_IO;
    }
    return (!strcmp(service, "fs.b") || !strcmp(volume, "sd0p1")) ? OK : ERR_NOT_ACCEPTABLE;
}

const char *fs_error_text(error_t err __unused) {
    return "an error";
}

TEST("what is on disks is mounted, by the first file system that knows it") {
    tried[0] = '\0';
    automount("fs.none fs.a  fs.b");
    TEST_EXPECT_STR_EQ(tried, "fs.a:sd0p1:/sd0p1 fs.a:sd0p2:/sd0p2 fs.b:sd0p2:/sd0p2 "
                              "fs.a:sd1:/sd1:ro fs.b:sd1:/sd1:ro fs.a:late0:/late0 "
                              "fs.b:late0:/late0 ");
    tried[0] = '\0';
    automount("");
    TEST_EXPECT_STR_EQ(tried, "");
}
