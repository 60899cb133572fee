/// All of vm but its message loop, on a kernel that is not one. There is one system for all tests:
/// each has to leave it as it was, which is checked.

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
#include "../reap.h"
#include "../restart.h"
#include "../service.h"
#include "../supervise.h"
#include "../task.h"
#include "../watch.h"
#include "fake_kernel.h"
#include "images.h"

static struct test_bootfs bootfs __aligned(PAGE_SIZE);
static size_t free_at_rest;
static task_t disk;
static task_t shell;

// ---- What tasks do ----

/// Sends a message whose payload is none, or a str.
static struct message call_with(task_t src, struct message m, const char *str) {
    m.src = src;
    if (str) {
        m.ool_ptr = strdup(str);
        m.ool_len = strlen(str) + 1;
    }
    (void) fake_take_reply(src);
    TEST_EXPECT(vm_dispatch(&vm_api, &m) || task_dispatch(&task_api, &m)
                || discovery_dispatch(&discovery_api, &m));
    return fake_take_reply(src);
}

static struct message call(task_t src, struct message m) {
    return call_with(src, m, NULL);
}

static task_t launch_by(task_t src, const char *cmdline) {
    struct message m = call_with(src, (struct message){.type = TASK_LAUNCH_MSG}, cmdline);
    return (m.type == TASK_LAUNCH_REPLY_MSG) ? m.task_launch_reply.task : m.type;
}

static int serve(task_t src, const char *name) {
    return call_with(src, (struct message){.type = DISCOVERY_SERVE_MSG}, name).type;
}

static struct message lookup(task_t src, const char *name) {
    return call_with(src, (struct message){.type = DISCOVERY_LOOKUP_MSG}, name);
}

static void end_with(task_t task, int exception, int status) {
    struct exception_fields fields = {.task = task, .exception = exception, .value = status};
    fault_handle_exception(task, &fields);
}

static void leave(task_t task) {
    end_with(task, EXP_EXIT, 0);
}

static error_t fault(task_t task, vaddr_t vaddr, unsigned flags) {
    struct page_fault_fields fields = {.task = task, .vaddr = vaddr, .ip = 1, .fault = flags};
    return fault_handle_page_fault(task, &fields);
}

static int watch_by(task_t src, task_t task) {
    struct message m = {.type = TASK_WATCH_MSG};
    m.task_watch.task = task;
    return call(src, m).type;
}

static struct message pull(task_t src) {
    (void) fake_take_reply(src);
    watch_handle_pull(src);
    return fake_take_reply(src);
}

static struct message alloc_pages(task_t src, size_t num_pages, paddr_t paddr) {
    struct message m = {.type = VM_ALLOC_PAGES_MSG};
    m.vm_alloc_pages.num_pages = num_pages;
    m.vm_alloc_pages.paddr = paddr;
    return call(src, m);
}

static int free_pages(task_t src, vaddr_t vaddr, size_t num_pages) {
    struct message m = {.type = VM_FREE_PAGES_MSG};
    m.vm_free_pages.vaddr = vaddr;
    m.vm_free_pages.num_pages = num_pages;
    return call(src, m).type;
}

static struct message offer_pages(task_t src, task_t dst, vaddr_t vaddr, size_t num_pages,
                                  bool writable) {
    struct message m = {.type = VM_OFFER_PAGES_MSG};
    m.vm_offer_pages.task = dst;
    m.vm_offer_pages.vaddr = vaddr;
    m.vm_offer_pages.num_pages = num_pages;
    m.vm_offer_pages.writable = writable;
    return call(src, m);
}

static struct message accept_pages(task_t src, handle_t offer) {
    struct message m = {.type = VM_ACCEPT_PAGES_MSG};
    m.vm_accept_pages.offer = offer;
    return call(src, m);
}

// ---- The system ----

static task_t find_by_name(const char *name) {
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
    pages_init(bootinfo->ranges, bootinfo->num_ranges, (page_entry_t *) VM_PAGES_BASE,
               (VM_PAGES_END - VM_PAGES_BASE) / sizeof(page_entry_t), own_grow_pages);
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

static void begin(void) {
    static bool is_booted;
    if (!is_booted) {
        is_booted = true;
        boot();
    }
}

static void end(void) {
    TEST_EXPECT_EQ(memory_num_free(), free_at_rest);
    TEST_EXPECT_EQ(fake_take_notifications(shell), 0);
    TEST_EXPECT(fake_is_running(shell));
    TEST_EXPECT(fake_is_running(disk));
}

// ---- Launching ----

TEST("booting starts what the manifest says, with the rights it says") {
    begin();
    TEST_EXPECT_EQ(disk, 2);
    TEST_EXPECT(fake_is_running(disk));
    TEST_EXPECT(fake_has_grant(disk, GRANT_SERVER, SERVER_DISK));
    TEST_EXPECT(fake_has_grant(disk, GRANT_IRQ, 9));
    TEST_EXPECT(!fake_has_grant(disk, GRANT_CALL, SERVER_SHELL));
    TEST_EXPECT(fake_has_grant(shell, GRANT_CALL, SERVER_DISK));
    TEST_EXPECT_EQ(find_by_name("flaky"), 0);
    end();
}

TEST("a program finds its command line at the top of its stack") {
    begin();
    task_t hello = launch_by(shell, "hello big world");
    TEST_EXPECT_GT(hello, 0);
    const char *expected = "hello big world";
    for (size_t i = 0; i <= strlen(expected); i++) {
        TEST_EXPECT_EQ(fake_peek(hello, USER_STACK_TOP - USER_ARGS_LEN + i, MAP_W), expected[i]);
    }
    // Nothing of whoever had the page before.
    TEST_EXPECT_EQ(fake_peek(hello, USER_STACK_TOP - PAGE_SIZE, MAP_W), 0);
    TEST_EXPECT_EQ(fake_peek(hello, USER_STACK_TOP - 1, MAP_W), 0);
    leave(hello);
    end();
}

TEST("what can't be launched leaves nothing behind") {
    begin();
    TEST_EXPECT_EQ(launch_by(shell, "nothing"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(launch_by(shell, ""), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(launch_by(shell, " hello"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(launch_by(shell, "broken"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(launch_by(shell, "manifest"), ERR_INVALID_ARG);
    char longest[USER_ARGS_LEN + 1];
    memset(longest, 'x', sizeof(longest));
    longest[USER_ARGS_LEN] = '\0';
    TEST_EXPECT_EQ(launch_by(shell, longest), ERR_TOO_LARGE);
    longest[USER_ARGS_LEN - 1] = '\0';
    TEST_EXPECT_EQ(launch_by(shell, longest), ERR_NOT_FOUND);
    // disk has no right to launch.
    TEST_EXPECT_EQ(launch_by(disk, "hello"), ERR_NOT_PERMITTED);
    end();
}

TEST("a thousand launches leak nothing, and never use an ID twice in a row") {
    begin();
    task_t last = 0;
    for (int i = 0; i < 1000; i++) {
        task_t hello = launch_by(shell, "hello");
        TEST_EXPECT_GT(hello, 0);
        TEST_EXPECT_NE(hello, last);
        TEST_EXPECT_EQ(fault(hello, TEST_DATA, FAULT_WRITE), OK);
        leave(hello);
        TEST_EXPECT_EQ(task_find(hello), NULL);
        last = hello;
    }
    end();
}

TEST("when all slots are in use a launch fails, until one is free") {
    begin();
    task_t tasks[FAKE_NUM_TASKS];
    int num = 0;
    while (num < FAKE_NUM_TASKS && (tasks[num] = launch_by(shell, "hello")) > 0) {
        num++;
    }
    TEST_EXPECT_EQ(num, FAKE_NUM_TASKS - 3);
    TEST_EXPECT_EQ(tasks[num], ERR_UNAVAILABLE);
    leave(tasks[--num]);
    tasks[num] = launch_by(shell, "hello");
    TEST_EXPECT_GT(tasks[num], 0);
    for (int i = 0; i <= num; i++) {
        leave(tasks[i]);
    }
    end();
}

// ---- Page faults ----

TEST("code and constants are the file's own pages, and several come at once") {
    begin();
    task_t hello = launch_by(shell, "hello");
    size_t before = memory_num_free();
    TEST_EXPECT_EQ(fault(hello, TEST_TEXT + 5, FAULT_EXEC), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_TEXT, MAP_X), 'T');
    TEST_EXPECT_EQ(fault(hello, TEST_RODATA, 0), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_RODATA + PAGE_SIZE - 1, 0), 'R');
    TEST_EXPECT_EQ(fake_peek(hello, TEST_RODATA, MAP_W), -1);
    TEST_EXPECT_EQ(memory_num_free(), before);
    leave(hello);
    end();
}

TEST("data is a copy, followed by zeroes only") {
    begin();
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_EQ(fault(hello, TEST_DATA, FAULT_WRITE), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + 9, MAP_W), 'D');
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + 10, MAP_W), 0);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + PAGE_SIZE - 1, MAP_W), 0);
    TEST_EXPECT_EQ(fault(hello, TEST_DATA + PAGE_SIZE, 0), OK);
    TEST_EXPECT_EQ(fake_peek(hello, TEST_DATA + PAGE_SIZE, MAP_W), 0);

    TEST_EXPECT(fake_poke(hello, TEST_DATA, 'x'));
    task_t other = launch_by(shell, "hello");
    TEST_EXPECT_EQ(fault(other, TEST_DATA, 0), OK);
    TEST_EXPECT_EQ(fake_peek(other, TEST_DATA, MAP_W), 'D');
    leave(hello);
    leave(other);
    end();
}

TEST("stack and heap are zeroes, and end at guard pages") {
    begin();
    static const vaddr_t good[] = {USER_STACK_BOTTOM, USER_STACK_TOP - 2 * PAGE_SIZE,
                                   TEST_END + PAGE_SIZE, USER_HEAP_END - 1};
    static const vaddr_t bad[] = {0,
                                  8,
                                  USER_STACK_BOTTOM - 1,
                                  USER_STACK_TOP,
                                  TEST_END,
                                  TEST_END + PAGE_SIZE - 1,
                                  USER_HEAP_END,
                                  USER_PAGES_BASE,
                                  USER_IMAGE_BASE,
                                  BOOTINFO_VADDR,
                                  UINTPTR_MAX};
    task_t hello = launch_by(shell, "hello");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        TEST_EXPECT_EQ(fault(hello, good[i], FAULT_WRITE), OK);
        TEST_EXPECT_EQ(fake_peek(hello, good[i], MAP_W), 0);
    }
    leave(hello);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        hello = launch_by(shell, "hello");
        TEST_EXPECT_EQ(fault(hello, bad[i], 0), DONT_REPLY);
        TEST_EXPECT(!fake_is_running(hello));
    }
    end();
}

TEST("what a page isn't for ends the task") {
    begin();
    static const struct {
        vaddr_t vaddr;
        unsigned fault;
    } bad[] = {
        {TEST_TEXT, FAULT_WRITE},        {TEST_TEXT, FAULT_WRITE | FAULT_PRESENT},
        {TEST_RODATA, FAULT_EXEC},       {TEST_DATA, FAULT_EXEC},
        {USER_STACK_BOTTOM, FAULT_EXEC}, {USER_STACK_TOP - 8, FAULT_EXEC | FAULT_PRESENT},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        task_t hello = launch_by(shell, "hello");
        TEST_EXPECT_EQ(fault(hello, bad[i].vaddr, bad[i].fault), DONT_REPLY);
        TEST_EXPECT(!fake_is_running(hello));
    }
    end();
}

TEST("a task that reaches its memory limit ends, the others go on") {
    begin();
    task_t hello = launch_by(shell, "hello");
    vaddr_t vaddr = TEST_END + PAGE_SIZE;
    int pages = 0;
    while (fault(hello, vaddr, FAULT_WRITE) == OK) {
        vaddr += PAGE_SIZE;
        pages++;
    }
    TEST_EXPECT(pages > 30 && pages < 40);
    TEST_EXPECT(!fake_is_running(hello));
    TEST_EXPECT_EQ(fault(shell, TEST_DATA, FAULT_WRITE), OK);
    free_at_rest = memory_num_free();
    end();
}

TEST("faults and exceptions of tasks that vm doesn't page are ignored") {
    begin();
    task_t hello = launch_by(shell, "hello");
    struct page_fault_fields forged = {.task = shell, .vaddr = 0};
    TEST_EXPECT_EQ(fault_handle_page_fault(hello, &forged), DONT_REPLY);
    leave(hello);
    TEST_EXPECT_EQ(fault(hello, TEST_TEXT, 0), DONT_REPLY);
    leave(hello);
    leave(99);
    leave(-1);
    leave(INIT_TASK);
    end();
}

// ---- Memory messages ----

TEST("pages are allocated in a row, zeroed, and can be freed once") {
    begin();
    struct message m = alloc_pages(shell, 5, 0);
    TEST_EXPECT_EQ(m.type, VM_ALLOC_PAGES_REPLY_MSG);
    vaddr_t vaddr = m.vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(vaddr, USER_PAGES_BASE);
    TEST_EXPECT_NE(m.vm_alloc_pages_reply.paddr, 0);
    for (int i = 0; i < 5; i++) {
        TEST_EXPECT_EQ(fake_peek(shell, vaddr + i * PAGE_SIZE, MAP_W), 0);
    }
    // With a guard page between them.
    TEST_EXPECT_EQ(alloc_pages(shell, 1, 0).vm_alloc_pages_reply.vaddr, vaddr + 6 * PAGE_SIZE);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 4), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr + PAGE_SIZE, 5), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 5), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 5), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, 0), -1);
    TEST_EXPECT_EQ(alloc_pages(shell, 5, 0).vm_alloc_pages_reply.vaddr, vaddr);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 5), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(free_pages(shell, vaddr + 6 * PAGE_SIZE, 1), VM_FREE_PAGES_REPLY_MSG);
    end();
}

TEST("impossible allocations are refused and take nothing") {
    begin();
    TEST_EXPECT_EQ(alloc_pages(shell, 0, 0).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_pages(shell, SIZE_MAX, 0).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_pages(shell, FAKE_RAM_PAGES, 0).type, ERR_NO_MEMORY);
    TEST_EXPECT_EQ(alloc_pages(shell, 1, 12).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc_pages(shell, SIZE_MAX / 2, PAGE_SIZE).type, ERR_INVALID_ARG);
    end();
}

TEST("a device's pages go to who was granted them, RAM to nobody") {
    begin();
    TEST_EXPECT_EQ(alloc_pages(disk, 1, FAKE_RAM_PADDR).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_pages(disk, 2, FAKE_RAM_PADDR - PAGE_SIZE).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_pages(shell, 1, 0xfe000000).type, ERR_NOT_PERMITTED);
    struct message m = alloc_pages(disk, 4, 0xfe000000);
    TEST_EXPECT_EQ(m.type, VM_ALLOC_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(m.vm_alloc_pages_reply.paddr, 0xfe000000);
    vaddr_t vaddr = m.vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(fake_peek(disk, vaddr + 3 * PAGE_SIZE, MAP_W | MAP_UNCACHED), 0xdd);
    TEST_EXPECT_EQ(offer_pages(disk, shell, vaddr, 1, false).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(free_pages(disk, vaddr, 4), VM_FREE_PAGES_REPLY_MSG);
    // Only its page tables stay, until it ends.
    free_at_rest = memory_num_free();
    end();
}

TEST("shared pages are the same pages, writable if offered so, and stay while one has them") {
    begin();
    task_t hello = launch_by(shell, "hello");
    vaddr_t vaddr = alloc_pages(hello, 3, 0).vm_alloc_pages_reply.vaddr;
    fake_poke(hello, vaddr + PAGE_SIZE, 42);
    struct message offer = offer_pages(hello, disk, vaddr + PAGE_SIZE, 2, false);
    TEST_EXPECT_EQ(offer.type, VM_OFFER_PAGES_REPLY_MSG);

    handle_t handle = offer.vm_offer_pages_reply.offer;
    TEST_EXPECT_EQ(accept_pages(shell, handle).type, ERR_NOT_FOUND);
    struct message m = accept_pages(disk, handle);
    TEST_EXPECT_EQ(m.type, VM_ACCEPT_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(m.vm_accept_pages_reply.num_pages, 2);
    TEST_EXPECT_EQ(m.vm_accept_pages_reply.writable, false);
    TEST_EXPECT_EQ(accept_pages(disk, handle).type, ERR_NOT_FOUND);
    vaddr_t seen = m.vm_accept_pages_reply.vaddr;
    TEST_EXPECT_EQ(fake_peek(disk, seen, 0), 42);
    TEST_EXPECT_EQ(fake_peek(disk, seen, MAP_W), -1);
    fake_poke(hello, vaddr + PAGE_SIZE, 43);
    TEST_EXPECT_EQ(fake_peek(disk, seen, 0), 43);

    // Borrowed pages can't be lent on.
    TEST_EXPECT_EQ(offer_pages(disk, shell, seen, 1, false).type, ERR_NOT_PERMITTED);
    size_t before = memory_num_free();
    leave(hello);
    TEST_EXPECT_EQ(fake_peek(disk, seen, 0), 43);
    TEST_EXPECT_GT(memory_num_free(), before);
    TEST_EXPECT_EQ(free_pages(disk, seen, 2), VM_FREE_PAGES_REPLY_MSG);
    end();
}

TEST("offers that don't make sense are refused") {
    begin();
    task_t hello = launch_by(shell, "hello");
    vaddr_t vaddr = alloc_pages(hello, 3, 0).vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr, 4, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr, 0, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr + 1, 1, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, vaddr + PAGE_SIZE, SIZE_MAX, true).type,
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, disk, TEST_DATA, 1, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, hello, vaddr, 1, true).type, ERR_INVALID_ARG);
    TEST_EXPECT_EQ(offer_pages(hello, 12345678, vaddr, 1, true).type, ERR_INVALID_TASK);
    // Neither may call the other.
    TEST_EXPECT_EQ(offer_pages(hello, shell, vaddr, 1, true).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(accept_pages(disk, 0).type, ERR_NOT_FOUND);
    leave(hello);
    end();
}

TEST("an offer ends with its owner, its pages and its peer") {
    begin();
    task_t hello = launch_by(shell, "hello");
    vaddr_t vaddr = alloc_pages(hello, 2, 0).vm_alloc_pages_reply.vaddr;
    handle_t handle = offer_pages(hello, disk, vaddr, 2, true).vm_offer_pages_reply.offer;
    TEST_EXPECT_EQ(free_pages(hello, vaddr, 2), VM_FREE_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(accept_pages(disk, handle).type, ERR_NOT_FOUND);

    vaddr = alloc_pages(hello, 2, 0).vm_alloc_pages_reply.vaddr;
    handle = offer_pages(hello, disk, vaddr, 2, true).vm_offer_pages_reply.offer;
    leave(hello);
    TEST_EXPECT_EQ(accept_pages(disk, handle).type, ERR_NOT_FOUND);
    end();
}

TEST("the memory limit counts shared pages") {
    begin();
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_EQ(alloc_pages(hello, 40, 0).type, ERR_NO_MEMORY);
    TEST_EXPECT_EQ(alloc_pages(hello, 30, 0).type, VM_ALLOC_PAGES_REPLY_MSG);
    TEST_EXPECT_EQ(alloc_pages(hello, 30, 0).type, ERR_NO_MEMORY);
    leave(hello);
    end();
}

TEST("stats tell how much memory there is") {
    begin();
    struct message m = call(shell, (struct message){.type = VM_STATS_MSG});
    TEST_EXPECT_EQ(m.type, VM_STATS_REPLY_MSG);
    TEST_EXPECT_EQ(m.vm_stats_reply.total_pages, FAKE_RAM_PAGES);
    TEST_EXPECT_EQ(m.vm_stats_reply.free_pages, memory_num_free());
    end();
}

// ---- Service discovery ----

TEST("a lookup waits until the service is served") {
    begin();
    TEST_EXPECT_EQ(lookup(shell, "disk").type, INVALID_MSG);
    TEST_EXPECT_EQ(serve(disk, "disk"), DISCOVERY_SERVE_REPLY_MSG);
    struct message m = fake_take_reply(shell);
    TEST_EXPECT_EQ(m.type, DISCOVERY_LOOKUP_REPLY_MSG);
    TEST_EXPECT_EQ(m.discovery_lookup_reply.task, disk);
    TEST_EXPECT_EQ(lookup(shell, "disk").discovery_lookup_reply.task, disk);
    TEST_EXPECT_EQ(serve(disk, "disk"), DISCOVERY_SERVE_REPLY_MSG);
    end();
}

TEST("names are served, and looked up, by whom the manifest allows") {
    begin();
    TEST_EXPECT_EQ(serve(disk, "flaky"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(serve(disk, "nothing"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(lookup(shell, "nothing").type, ERR_NOT_FOUND);
    TEST_EXPECT_EQ(lookup(disk, "flaky").type, ERR_NOT_PERMITTED);
    end();
}

TEST("who waits for a service and ends is forgotten") {
    begin();
    task_t flaky = launch_by(shell, "flaky");
    task_t other = launch_by(shell, "shell");
    TEST_EXPECT_EQ(lookup(other, "flaky").type, INVALID_MSG);
    TEST_EXPECT_EQ(lookup(other, "flaky").type, INVALID_MSG);
    leave(other);
    TEST_EXPECT_EQ(serve(flaky, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    leave(flaky);
    free_at_rest = memory_num_free();
    end();
}

TEST("only one task at a time serves a name") {
    begin();
    task_t first = launch_by(shell, "flaky");
    task_t second = launch_by(shell, "flaky");
    TEST_EXPECT_EQ(serve(first, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    TEST_EXPECT_EQ(serve(second, "flaky"), ERR_ALREADY_EXISTS);
    leave(first);
    TEST_EXPECT_EQ(serve(second, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    leave(second);
    end();
}

// ---- Watching ----

static void expect_exited(task_t watcher, task_t task, int reason, int status) {
    struct message m = pull(watcher);
    TEST_EXPECT_EQ(m.type, TASK_EXITED_MSG);
    TEST_EXPECT_EQ(m.task_exited.task, task);
    TEST_EXPECT_EQ(m.task_exited.reason, reason);
    TEST_EXPECT_EQ(m.task_exited.status, status);
}

TEST("a watcher is told how a task ended") {
    begin();
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_EQ(watch_by(shell, hello), TASK_WATCH_REPLY_MSG);
    TEST_EXPECT_EQ(watch_by(shell, hello), TASK_WATCH_REPLY_MSG);
    TEST_EXPECT_EQ(pull(shell).type, ERR_EMPTY);
    end_with(hello, EXP_EXIT, 7);
    TEST_EXPECT_EQ(fake_take_notifications(shell), NOTIFY_ASYNC);
    expect_exited(shell, hello, TASK_END_REASON_EXITED, 7);
    TEST_EXPECT_EQ(pull(shell).type, ERR_EMPTY);
    end();
}

TEST("a task that has ended before it is watched is told of at once") {
    begin();
    task_t hello = launch_by(shell, "hello");
    end_with(hello, EXP_DIVIDE, 0);
    TEST_EXPECT_EQ(watch_by(shell, hello), TASK_WATCH_REPLY_MSG);
    TEST_EXPECT_EQ(fake_take_notifications(shell), NOTIFY_ASYNC);
    expect_exited(shell, hello, TASK_END_REASON_CRASHED, -1);
    TEST_EXPECT_EQ(watch_by(shell, 12345678), ERR_INVALID_TASK);
    end();
}

TEST("no end is lost, and who has more to pull is notified again") {
    begin();
    task_t first = launch_by(shell, "hello");
    task_t second = launch_by(shell, "hello");
    watch_by(shell, first);
    watch_by(shell, second);
    end_with(second, EXP_EXIT, 2);
    end_with(first, EXP_EXIT, 1);
    fake_take_notifications(shell);
    expect_exited(shell, first, TASK_END_REASON_EXITED, 1);
    TEST_EXPECT_EQ(fake_take_notifications(shell), NOTIFY_ASYNC);
    expect_exited(shell, second, TASK_END_REASON_EXITED, 2);
    end();
}

TEST("a watch can be taken back, and ends with the watcher") {
    begin();
    task_t hello = launch_by(shell, "hello");
    watch_by(shell, hello);
    struct message m = {.type = TASK_UNWATCH_MSG};
    m.task_unwatch.task = hello;
    TEST_EXPECT_EQ(call(shell, m).type, TASK_UNWATCH_REPLY_MSG);
    TEST_EXPECT_EQ(call(shell, m).type, ERR_NOT_FOUND);

    task_t other = launch_by(shell, "shell");
    task_t child = launch_by(other, "hello");
    TEST_EXPECT_EQ(watch_by(other, child), TASK_WATCH_REPLY_MSG);
    leave(other);
    leave(child);
    leave(hello);
    TEST_EXPECT_EQ(fake_take_notifications(shell), 0);
    end();
}

TEST("strangers can't be watched, nor killed") {
    begin();
    task_t hello = launch_by(shell, "hello");
    task_t other = launch_by(shell, "hello");
    TEST_EXPECT_EQ(watch_by(other, hello), ERR_NOT_PERMITTED);
    struct message m = {.type = TASK_KILL_MSG};
    m.task_kill.task = hello;
    TEST_EXPECT_EQ(call(other, m).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(call(shell, m).type, TASK_KILL_REPLY_MSG);
    TEST_EXPECT_EQ(call(shell, m).type, ERR_INVALID_TASK);

    m.type = TASK_STATUS_MSG;
    m.task_status.task = hello;
    struct message status = call(shell, m);
    TEST_EXPECT_EQ(status.task_status_reply.running, false);
    TEST_EXPECT_EQ(status.task_status_reply.reason, TASK_END_REASON_KILLED);
    m.task_status.task = other;
    TEST_EXPECT_EQ(call(shell, m).task_status_reply.running, true);
    leave(other);
    end();
}

// ---- Supervision ----

TEST("a server that ends is restarted after its pause, and lookups find the new one") {
    begin();
    serve(disk, "disk");
    task_t old = disk;
    end_with(disk, EXP_PROTECTION, 0);
    TEST_EXPECT_EQ(lookup(shell, "disk").type, INVALID_MSG);
    TEST_EXPECT(!fake_advance(19));
    TEST_EXPECT(fake_advance(1));
    supervise_handle_timer();
    disk = find_by_name("disk");
    TEST_EXPECT_NE(disk, old);
    TEST_EXPECT(fake_is_running(disk));
    TEST_EXPECT(fake_has_grant(disk, GRANT_IRQ, 9));
    TEST_EXPECT_EQ(fake_take_reply(shell).type, INVALID_MSG);
    serve(disk, "disk");
    TEST_EXPECT_EQ(fake_take_reply(shell).discovery_lookup_reply.task, disk);
    free_at_rest = memory_num_free();
    end();
}

/// Lets the server crash; returns the restarted one, or 0.
static task_t crash(task_t task, const char *name, msec_t pause) {
    end_with(task, EXP_ILLEGAL, 0);
    if (!fake_advance(pause)) {
        return 0;
    }
    supervise_handle_timer();
    return find_by_name(name);
}

TEST("a server that ends too often is given up, and a launch by hand tries again") {
    begin();
    task_t flaky = launch_by(shell, "flaky -x");
    flaky = crash(flaky, "flaky", 100);
    TEST_EXPECT(fake_is_running(flaky));
    TEST_EXPECT_EQ(fake_peek(flaky, USER_STACK_TOP - USER_ARGS_LEN + 6, 0), '-');
    flaky = crash(flaky, "flaky", 200);
    TEST_EXPECT(fake_is_running(flaky));
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, INVALID_MSG);
    TEST_EXPECT_EQ(crash(flaky, "flaky", 100000), 0);
    TEST_EXPECT_EQ(fake_take_reply(shell).type, ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, ERR_UNAVAILABLE);

    flaky = launch_by(shell, "flaky");
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, INVALID_MSG);
    flaky = crash(flaky, "flaky", 100);
    TEST_EXPECT(fake_is_running(flaky));
    fake_advance(RESTART_HEALTHY_MS);
    flaky = crash(flaky, "flaky", 100);
    TEST_EXPECT(fake_is_running(flaky));
    serve(flaky, "flaky");
    leave(flaky);
    TEST_EXPECT(!fake_advance(100000));
    end();
}

// ---- Other pagers ----

static struct message alloc_task(task_t src, task_t pager) {
    struct message m = {.type = TASK_ALLOC_MSG};
    m.task_alloc.pager = pager;
    return call(src, m);
}

static int free_task(task_t src, task_t task) {
    struct message m = {.type = TASK_FREE_MSG};
    m.task_free.task = task;
    return call(src, m).type;
}

TEST("a task with the right gets IDs for tasks of its own") {
    begin();
    TEST_EXPECT_EQ(alloc_task(disk, 0).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc_task(shell, disk).type, ERR_INVALID_ARG);
    task_t child = alloc_task(shell, shell).task_alloc_reply.task;
    TEST_EXPECT_EQ(fake_create_by(shell, child), OK);
    TEST_EXPECT_EQ(free_task(disk, child), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(free_task(shell, disk), ERR_NOT_PERMITTED);
    // Its memory is its pager's business, and so are its rights.
    TEST_EXPECT_EQ(alloc_pages(child, 1, 0).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(launch_by(child, "hello"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(serve(child, "disk"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(free_task(shell, child), TASK_FREE_REPLY_MSG);
    TEST_EXPECT_EQ(free_task(shell, child), ERR_INVALID_TASK);
    end();
}

TEST("IDs stay usable whether their tasks were created, destroyed, or neither") {
    begin();
    for (int i = 0; i < 100; i++) {
        task_t child = alloc_task(shell, 0).task_alloc_reply.task;
        TEST_EXPECT_GT(child, 0);
        if (i % 3 > 0) {
            TEST_EXPECT_EQ(fake_create_by(shell, child), OK);
        }
        if (i % 3 > 1) {
            TEST_EXPECT_EQ(task_destroy(child), OK);
        }
        TEST_EXPECT_EQ(free_task(shell, child), TASK_FREE_REPLY_MSG);
    }
    end();
}

TEST("a pager's tasks end with it, and it can't free pages that they may see") {
    begin();
    task_t pager = launch_by(shell, "shell");
    task_t child = alloc_task(pager, 0).task_alloc_reply.task;
    TEST_EXPECT_EQ(fake_create_by(pager, child), OK);
    vaddr_t vaddr = alloc_pages(pager, 2, 0).vm_alloc_pages_reply.vaddr;
    TEST_EXPECT_EQ(free_pages(pager, vaddr, 2), ERR_IN_USE);
    leave(pager);
    TEST_EXPECT_EQ(task_find(child), NULL);
    TEST_EXPECT_EQ(task_destroy(child), ERR_INVALID_TASK);
    end();
}

TEST("a page that became a page table of a pager's task can come back") {
    begin();
    vaddr_t vaddr = alloc_pages(shell, 1, 0).vm_alloc_pages_reply.vaddr;
    fake_poke(shell, vaddr, 1);
    TEST_EXPECT_EQ(vm_unmap(shell, vaddr), OK);
    TEST_EXPECT_EQ(fault(shell, vaddr, FAULT_WRITE), OK);
    TEST_EXPECT_EQ(fake_peek(shell, vaddr, MAP_W), 0);
    TEST_EXPECT_EQ(free_pages(shell, vaddr, 1), VM_FREE_PAGES_REPLY_MSG);
    end();
}

TEST("programs are listed by number") {
    begin();
    struct message m = {.type = TASK_PROGRAM_MSG};
    // Neither the manifest nor "broken" is one.
    static const char *expected[] = {"shell", "disk", "flaky", "hello"};
    for (unsigned i = 0; i < 4; i++) {
        m.task_program.index = i;
        struct message reply = call(shell, m);
        TEST_EXPECT_STR_EQ(reply.task_program_reply.name, expected[i]);
    }
    m.task_program.index = 4;
    TEST_EXPECT_EQ(call(shell, m).type, ERR_END);
    end();
}

TEST("when memory is exhausted launches and allocations fail, and work again later") {
    begin();
    task_t pager = launch_by(shell, "shell");
    size_t chunk = 512;
    while (chunk > 0) {
        if (alloc_pages(pager, chunk, 0).type < 0) {
            chunk /= 2;
        }
    }
    TEST_EXPECT_LT(memory_num_free(), 10);
    for (int i = 0; i < 5; i++) {
        task_t hello = launch_by(shell, "hello");
        if (hello > 0) {
            leave(hello);
        }
    }
    leave(pager);
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_GT(hello, 0);
    leave(hello);
    // What vm needed for its own objects, it keeps.
    TEST_EXPECT_GE(memory_num_free() + 8, free_at_rest);
    free_at_rest = memory_num_free();
    end();
}
