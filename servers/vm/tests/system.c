#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>
#include <unittest.h>

#include "../api.h"
#include "../bootfs_reader.h"
#include "../fault.h"
#include "../launch.h"
#include "../layout.h"
#include "../manifest_reader.h"
#include "../memory.h"
#include "../own.h"
#include "../service.h"
#include "../supervise.h"
#include "../task.h"
#include "../watch.h"
#include "fake_kernel.h"
#include "images.h"
#include "system.h"

static struct test_bootfs bootfs __aligned(PAGE_SIZE);
size_t free_at_rest;
task_t disk;
task_t shell;

// ---- What tasks do ----

void vm_reply(task_t client, struct message *m) {
    ipc_reply(client, m);
}

struct message call_with(task_t src, struct message m, const char *str) {
    m.src = src;
    if (str) {
        m.ool_ptr = strdup(str);
        m.ool_len = strlen(str) + 1;
    }
    (void) fake_take_reply(src);
    TEST_EXPECT(vm_dispatch(&vm_api, &m) || task_dispatch(&task_api, &m)
                || discovery_dispatch(&discovery_api, &m) || bootfs_dispatch(&bootfs_api, &m)
                || services_dispatch(&services_api, &m) || dma_dispatch(&dma_api, &m)
                || memory_dispatch(&memory_api, &m));
    return fake_take_reply(src);
}

struct message call(task_t src, struct message m) {
    return call_with(src, m, NULL);
}

task_t launch_by(task_t src, const char *cmdline) {
    struct message m = call_with(src, (struct message){.type = TASK_LAUNCH_MSG}, cmdline);
    return (m.type == TASK_LAUNCH_REPLY_MSG) ? m.task_launch_reply.task : m.type;
}

int serve(task_t src, const char *name) {
    return call_with(src, (struct message){.type = DISCOVERY_SERVE_MSG}, name).type;
}

struct message lookup(task_t src, const char *name) {
    return call_with(src, (struct message){.type = DISCOVERY_LOOKUP_MSG}, name);
}

void end_with(task_t task, int exception, int status) {
    struct exception_fields fields = {.task = task, .exception = exception, .value = status};
    fault_handle_exception(task, &fields);
}

void leave(task_t task) {
    end_with(task, EXP_EXIT, 0);
}

error_t fault(task_t task, vaddr_t vaddr, unsigned flags) {
    struct page_fault_fields fields = {.task = task, .vaddr = vaddr, .ip = 1, .fault = flags};
    error_t err = fault_handle_page_fault(task, &fields);
    return fake_take_resumed(task) ? OK : err;
}

int watch_by(task_t src, task_t task) {
    struct message m = {.type = TASK_WATCH_MSG};
    m.task_watch.task = task;
    return call(src, m).type;
}

struct message pull(task_t src) {
    (void) fake_take_reply(src);
    watch_handle_pull(src);
    return fake_take_reply(src);
}

struct message alloc_pages(task_t src, size_t num_pages, paddr_t paddr) {
    struct message m = {.type = VM_ALLOC_PAGES_MSG};
    m.vm_alloc_pages.num_pages = num_pages;
    m.vm_alloc_pages.paddr = paddr;
    return call(src, m);
}

int free_pages(task_t src, vaddr_t vaddr, size_t num_pages) {
    struct message m = {.type = VM_FREE_PAGES_MSG};
    m.vm_free_pages.vaddr = vaddr;
    m.vm_free_pages.num_pages = num_pages;
    return call(src, m).type;
}

struct message offer_pages(task_t src, task_t dst, vaddr_t vaddr, size_t num_pages, bool writable) {
    struct message m = {.type = VM_OFFER_PAGES_MSG};
    m.vm_offer_pages.task = dst;
    m.vm_offer_pages.vaddr = vaddr;
    m.vm_offer_pages.num_pages = num_pages;
    m.vm_offer_pages.writable = writable;
    return call(src, m);
}

struct message accept_pages(task_t src, handle_t offer) {
    struct message m = {.type = VM_ACCEPT_PAGES_MSG};
    m.vm_accept_pages.offer = offer;
    return call(src, m);
}

// ---- The system ----

task_t find_by_name(const char *name) {
    for (size_t slot = 2; slot <= task_num_slots(); slot++) {
        const struct task *task = task_in_slot(slot);
        if (task && !strcmp(task->name, name)) {
            return task->tid;
        }
    }
    return 0;
}

static void boot(void) {
    make_test_bootfs(&bootfs);
    fake_init(&bootfs, sizeof(bootfs), FAKE_RAM_PAGES);
    const struct bootinfo *bootinfo = fake_bootinfo();
    pages_init(bootinfo->ranges, bootinfo->num_ranges, (void *) VM_PAGES_BASE,
               VM_PAGES_END - VM_PAGES_BASE, own_grow_pages);
    ASSERT_OK(task_table_init(bootinfo->num_tasks));
    TEST_EXPECT_STR_EQ(bootfs_init(&bootfs, bootinfo->bootfs_len, bootinfo->bootfs_paddr), NULL);
    TEST_EXPECT_STR_EQ(manifest_init(&bootfs.manifest, sizeof(bootfs.manifest)), NULL);
    ASSERT_OK(service_init());
    ASSERT_OK(supervise_init());
    supervise_start_all();
    disk = find_by_name("disk");
    shell = launch("shell --quiet", INIT_TASK);

    // Afterwards vm has a page table at hand, and objects of each kind.
    struct message pages = alloc_pages(shell, 1, 0);
    offer_pages(shell, disk, pages.vm_alloc_pages_reply.vaddr, 1, false);
    free_pages(shell, pages.vm_alloc_pages_reply.vaddr, 1);
    for (int i = 0; i < 2 * FAKE_NUM_TASKS; i++) {
        task_t hello = launch_by(shell, "hello");
        watch_by(shell, hello);
        leave(hello);
        pull(shell);
    }
    fake_take_notifications(shell);
    free_at_rest = memory_num_free();
}

void system_begin(void) {
    static bool is_booted;
    if (!is_booted) {
        is_booted = true;
        boot();
    }
}

void system_end(void) {
    TEST_EXPECT_EQ(memory_num_free(), free_at_rest);
    TEST_EXPECT_EQ(fake_take_notifications(shell), 0);
    TEST_EXPECT(fake_is_running(shell));
    TEST_EXPECT(fake_is_running(disk));
}
