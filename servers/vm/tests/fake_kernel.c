#define _GNU_SOURCE
#include "fake_kernel.h"

#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unittest.h>

#define MAPPINGS_MAX 4096
#define TABLE_BYTES  0x200000ul  // What one page-table page of this machine covers.

struct mapping {
    task_t tid;
    vaddr_t vaddr;
    paddr_t paddr;
    unsigned flags;
    bool is_table;  // `vaddr` is the start of what it covers.
};

struct fake_task {
    task_t tid;
    bool runs;
    int last_generation;
    uint64_t grants[8];  // By kind; bit n: base n, of devices: any.
    struct message reply;
    notifications_t notifications;
    bool resumed;  // By a mapping with MAP_RESUME.
};

static struct fake_task fake_tasks[FAKE_NUM_TASKS + 1];
static struct mapping mappings[MAPPINGS_MAX];
static size_t num_mappings;
static struct bootinfo bootinfo;
static const uint8_t *bootfs_bytes;
static int ram_fd = -1;
static uint8_t *ram;
static uint64_t now;
static uint64_t timer_deadline;

void fake_init(const void *bootfs, size_t bootfs_len, size_t num_pages) {
    if (ram_fd < 0) {
        ram_fd = memfd_create("ram", 0);
        TEST_EXPECT_EQ(ftruncate(ram_fd, FAKE_RAM_PAGES * PAGE_SIZE), 0);
        ram = mmap(NULL, FAKE_RAM_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd, 0);
    }
    for (size_t i = 0; i < num_mappings; i++) {
        if (mappings[i].tid == INIT_TASK && !mappings[i].is_table) {
            munmap((void *) mappings[i].vaddr, PAGE_SIZE);
        }
    }

    memset(ram, 0x5a, FAKE_RAM_PAGES * PAGE_SIZE);
    memset(fake_tasks, 0, sizeof(fake_tasks));
    num_mappings = 0;
    now = 1000;
    timer_deadline = 0;
    bootfs_bytes = bootfs;
    bootinfo = (struct bootinfo){
        .magic = BOOTINFO_MAGIC,
        .num_ranges = 1,
        .ranges = {{.base = FAKE_RAM_PADDR, .len = num_pages * PAGE_SIZE}},
        .bootfs_paddr = FAKE_BOOTFS_PADDR,
        .bootfs_len = bootfs_len,
        .num_tasks = FAKE_NUM_TASKS,
    };
    for (int i = 1; i <= FAKE_NUM_TASKS; i++) {
        fake_tasks[i].last_generation = -1;
    }
    fake_tasks[INIT_TASK] = (struct fake_task){.tid = INIT_TASK, .runs = true};
}

const struct bootinfo *fake_bootinfo(void) {
    return &bootinfo;
}

static struct fake_task *find(task_t tid) {
    int slot = TASK_SLOT(tid);
    bool exists = tid > 0 && slot >= 1 && slot <= FAKE_NUM_TASKS && fake_tasks[slot].tid == tid;
    return exists ? &fake_tasks[slot] : NULL;
}

// ---- Memory ----

static bool is_ram(paddr_t paddr) {
    return paddr >= FAKE_RAM_PADDR && paddr < FAKE_RAM_PADDR + bootinfo.ranges[0].len;
}

static bool is_bootfs(paddr_t paddr) {
    return paddr >= FAKE_BOOTFS_PADDR && paddr < FAKE_BOOTFS_PADDR + bootinfo.bootfs_len;
}

static size_t count_uses(paddr_t paddr) {
    size_t uses = 0;
    for (size_t i = 0; i < num_mappings; i++) {
        uses += mappings[i].paddr == paddr;
    }
    return uses;
}

static bool is_table(paddr_t paddr) {
    for (size_t i = 0; i < num_mappings; i++) {
        if (mappings[i].is_table && mappings[i].paddr == paddr) {
            return true;
        }
    }
    return false;
}

static struct mapping *find_mapping(task_t tid, vaddr_t vaddr, bool table) {
    for (size_t i = 0; i < num_mappings; i++) {
        struct mapping *m = &mappings[i];
        if (m->tid == tid && m->vaddr == vaddr && m->is_table == table) {
            return m;
        }
    }
    return NULL;
}

static void add_mapping(struct mapping mapping) {
    if (num_mappings == MAPPINGS_MAX) {
        abort();
    }
    mappings[num_mappings++] = mapping;
}

static void remove_mapping(struct mapping *mapping) {
    *mapping = mappings[--num_mappings];
}

/// Adds the two levels of tables that a page needs, one a call.
static bool add_table(task_t tid, vaddr_t vaddr, paddr_t kpage) {
    vaddr_t upper = ALIGN_DOWN(vaddr, 512 * TABLE_BYTES) + 1;
    vaddr_t lower = ALIGN_DOWN(vaddr, TABLE_BYTES);
    vaddr_t missing = find_mapping(tid, upper, true) ? lower : upper;
    if (!find_mapping(tid, missing, true)) {
        TEST_EXPECT(is_ram(kpage));
        TEST_EXPECT_EQ(count_uses(kpage), 0);
        add_mapping((struct mapping){tid, missing, kpage, 0, true});
    }
    return missing == lower;
}

static bool has_tables(task_t tid, vaddr_t vaddr) {
    return find_mapping(tid, ALIGN_DOWN(vaddr, TABLE_BYTES), true) != NULL;
}

static void map_into_vm(vaddr_t vaddr, paddr_t paddr) {
    void *mapped = mmap((void *) vaddr, PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_FIXED_NOREPLACE, ram_fd, (off_t) (paddr - FAKE_RAM_PADDR));
    if (mapped != (void *) vaddr) {
        perror("mmap");
        abort();
    }
}

static error_t check_source(const struct fake_task *task, paddr_t paddr, unsigned flags) {
    if (is_ram(paddr)) {
        return is_table(paddr) ? ERR_NOT_PERMITTED : OK;
    }
    if (is_bootfs(paddr)) {
        return (flags & MAP_W) ? ERR_NOT_PERMITTED : OK;
    }
    return task->grants[GRANT_MMIO] ? OK : ERR_NOT_PERMITTED;
}

error_t vm_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage, unsigned flags) {
    struct fake_task *task = find(tid);
    TEST_EXPECT(flags & MAP_PHYS);
    TEST_EXPECT(IS_ALIGNED(vaddr, PAGE_SIZE) && IS_ALIGNED(src, PAGE_SIZE));
    TEST_EXPECT_NE(flags & (MAP_W | MAP_X), MAP_W | MAP_X);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    if (find_mapping(tid, vaddr, false)) {
        return ERR_ALREADY_EXISTS;
    }
    error_t err = check_source(task, src, flags);
    if (IS_ERROR(err)) {
        return err;
    }

    bool took_kpage = false;
    if (!has_tables(tid, vaddr)) {
        if (!kpage || !add_table(tid, vaddr, kpage)) {
            return ERR_TRY_AGAIN;
        }
        took_kpage = true;
    }
    if ((flags & MAP_ZERO) && is_ram(src) && count_uses(src) == 0) {
        memset(&ram[src - FAKE_RAM_PADDR], 0, PAGE_SIZE);
    }
    add_mapping((struct mapping){tid, vaddr, src, flags, false});
    if (tid == INIT_TASK) {
        map_into_vm(vaddr, src);
    }
    task->resumed |= (flags & MAP_RESUME) != 0;
    return took_kpage;
}

bool fake_take_resumed(task_t tid) {
    struct fake_task *task = find(tid);
    bool resumed = task && task->resumed;
    if (task) {
        task->resumed = false;
    }
    return resumed;
}

/// Page by page, with the pages of the array that are still left.
intptr_t vm_map_pages(task_t tid, vaddr_t vaddr, uintptr_t src, size_t num_pages,
                      const uintptr_t *kpages, unsigned flags) {
    size_t pages = 0, tables = 0;
    error_t err = OK;
    while (pages < MIN(num_pages, (size_t) FAKE_PAGES_PER_CALL)) {
        uintptr_t kpage = (tables < MAP_TABLES_MAX) ? kpages[tables] : 0;
        err = vm_map(tid, vaddr + pages * PAGE_SIZE, src + pages * PAGE_SIZE, kpage, flags);
        tables += (err == 1 || (err == ERR_TRY_AGAIN && kpage));
        if (IS_ERROR(err) && !(err == ERR_TRY_AGAIN && kpage)) {
            break;
        }
        pages += IS_OK(err);
    }
    return (pages || tables) ? MAP_DONE(pages, tables) : err;
}

error_t vm_unmap(task_t tid, vaddr_t vaddr) {
    struct mapping *mapping = find_mapping(tid, vaddr, false);
    if (!mapping) {
        return ERR_NOT_FOUND;
    }
    remove_mapping(mapping);
    if (tid == INIT_TASK) {
        munmap((void *) vaddr, PAGE_SIZE);
    }
    return OK;
}

int fake_peek(task_t tid, vaddr_t vaddr, unsigned flags) {
    const struct mapping *mapping = find_mapping(tid, ALIGN_DOWN(vaddr, PAGE_SIZE), false);
    if (!mapping || (mapping->flags & flags) != flags) {
        return -1;
    }
    paddr_t paddr = mapping->paddr + vaddr % PAGE_SIZE;
    return is_ram(paddr) ? ram[paddr - FAKE_RAM_PADDR]
                         : (is_bootfs(paddr) ? bootfs_bytes[paddr - FAKE_BOOTFS_PADDR] : 0xdd);
}

bool fake_poke(task_t tid, vaddr_t vaddr, uint8_t byte) {
    const struct mapping *mapping = find_mapping(tid, ALIGN_DOWN(vaddr, PAGE_SIZE), false);
    if (!mapping || !(mapping->flags & MAP_W)) {
        return false;
    }
    ram[mapping->paddr + vaddr % PAGE_SIZE - FAKE_RAM_PADDR] = byte;
    return true;
}

size_t fake_pages_in_use(void) {
    size_t pages = 0;
    for (size_t i = 0; i < num_mappings; i++) {
        pages += mappings[i].tid != INIT_TASK && is_ram(mappings[i].paddr);
    }
    return pages;
}

// ---- Tasks ----

error_t fake_create_by(task_t creator, task_t tid) {
    struct fake_task *task = &fake_tasks[TASK_SLOT(tid)];
    TEST_EXPECT(find(creator) != NULL);
    if (task->tid || TASK_GEN(tid) != ((task->last_generation + 1) & TASK_GEN_MAX)) {
        return ERR_ALREADY_EXISTS;
    }
    *task = (struct fake_task){.tid = tid, .last_generation = TASK_GEN(tid)};
    task->reply.type = INVALID_MSG;
    return OK;
}

error_t task_create(task_t tid, const char *name, vaddr_t ip, task_t pager, unsigned flags) {
    TEST_EXPECT(strnlen(name, TASK_NAME_LEN) < TASK_NAME_LEN);
    TEST_EXPECT(ip != 0);
    TEST_EXPECT_EQ(pager, INIT_TASK);
    TEST_EXPECT_EQ(flags & TASK_RIGHT_PHYS, 0);
    return fake_create_by(INIT_TASK, tid);
}

error_t task_destroy(task_t tid) {
    struct fake_task *task = find(tid);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    for (size_t i = num_mappings; i-- > 0;) {
        if (mappings[i].tid == tid) {
            remove_mapping(&mappings[i]);
        }
    }
    task->tid = 0;
    task->runs = false;
    return OK;
}

error_t task_schedule(task_t tid, int priority) {
    TEST_EXPECT(priority >= 0 && priority <= TASK_PRIORITY_MAX);
    struct fake_task *task = find(tid);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    task->runs = true;
    return OK;
}

error_t sys_grant(task_t tid, int kind, uintptr_t base, size_t len) {
    struct fake_task *task = find(tid);
    TEST_EXPECT(task != NULL);
    TEST_EXPECT(!task->runs);
    TEST_EXPECT_GT(len, 0);
    task->grants[kind] |= 1ull << (base % 64);
    return OK;
}

bool fake_is_running(task_t tid) {
    const struct fake_task *task = find(tid);
    return task && task->runs;
}

bool fake_has_grant(task_t tid, int kind, uintptr_t base) {
    const struct fake_task *task = find(tid);
    return task && (task->grants[kind] & (1ull << (base % 64)));
}

// ---- Messages and time ----

void ipc_reply(task_t dst, struct message *m) {
    struct fake_task *task = find(dst);
    if (task) {
        task->reply = *m;
    }
}

void ipc_reply_err(task_t dst, error_t error) {
    struct message m = {.type = error};
    ipc_reply(dst, &m);
}

struct message fake_take_reply(task_t tid) {
    struct fake_task *task = find(tid);
    struct message none = {.type = INVALID_MSG};
    struct message reply = task ? task->reply : none;
    if (task) {
        task->reply = none;
    }
    return reply;
}

error_t ipc_notify(task_t dst, notifications_t notifications) {
    struct fake_task *task = find(dst);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    task->notifications |= notifications;
    return OK;
}

notifications_t fake_take_notifications(task_t tid) {
    struct fake_task *task = find(tid);
    notifications_t notifications = task ? task->notifications : 0;
    if (task) {
        task->notifications = 0;
    }
    return notifications;
}

error_t timer_set(msec_t timeout) {
    TEST_EXPECT_GE(timeout, 0);
    timer_deadline = timeout ? now + (uint64_t) timeout : 0;
    return OK;
}

uint64_t timer_uptime(void) {
    return now;
}

bool fake_advance(msec_t ms) {
    now += (uint64_t) ms;
    bool ran_out = timer_deadline && now >= timer_deadline;
    if (ran_out) {
        timer_deadline = 0;
    }
    return ran_out;
}
