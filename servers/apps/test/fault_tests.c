#include <idl_client.h>
#include <resea/syscall.h>
#include <resea/task.h>

#include "machine.h"
#include "peer.h"
#include "test.h"
#include "thread.h"

/// Where nothing is mapped in any thread, and no page table of the program's is in use.
#define NOWHERE 0x50000000ul

static uint8_t page[PAGE_SIZE] __aligned(PAGE_SIZE);
static volatile uint8_t seen;
static const uint8_t constant[1] = {1};

static void read_nowhere(void) {
    seen = *(volatile uint8_t *) (NOWHERE + 5);
}

static void write_nowhere(void) {
    *(volatile uint8_t *) (NOWHERE + 6) = 77;
}

static void call_nowhere(void) {
    ((void (*)(void)) NOWHERE)();
}

static bool expect_fault(task_t thread, vaddr_t vaddr, unsigned fault) {
    struct message m;
    if (!CHECK_OK(thread_recv(thread, &m)) || !CHECK_EQ(m.type, PAGE_FAULT_MSG)) {
        return false;
    }

    CHECK_EQ(m.src, thread);
    CHECK_EQ(m.page_fault.task, thread);
    CHECK_EQ(m.page_fault.vaddr, vaddr);
    CHECK_EQ(m.page_fault.fault, fault);
    CHECK_NE(m.page_fault.ip, 0);
    return true;
}

static void test_read(void) {
    page[5] = 123;
    task_t thread = thread_start(read_nowhere);
    if (expect_fault(thread, NOWHERE + 5, 0)) {
        CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, 0));
        thread_resume(thread);
        thread_join(thread);
        CHECK_EQ(seen, 123);
    }
}

static void test_write(void) {
    page[6] = 0;
    task_t thread = thread_start(write_nowhere);
    if (expect_fault(thread, NOWHERE + 6, FAULT_WRITE)) {
        // Readable isn't enough.
        CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, 0));
        thread_resume(thread);
        expect_fault(thread, NOWHERE + 6, FAULT_WRITE | FAULT_PRESENT);
        CHECK_OK(vm_unmap(thread, NOWHERE));
        CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, MAP_W));
        thread_resume(thread);
        thread_join(thread);
        CHECK_EQ(page[6], 77);
    }
}

static void test_execute(void) {
    memcpy(page, machine_code, machine_code_len);
    task_t thread = thread_start(call_nowhere);
    if (expect_fault(thread, NOWHERE, FAULT_EXEC)) {
        CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, MAP_W));
        thread_resume(thread);
        expect_fault(thread, NOWHERE, FAULT_EXEC | FAULT_PRESENT);
        CHECK_OK(vm_unmap(thread, NOWHERE));
        // The page is data of the test's: executable it can be in another task only.
        CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, MAP_X));
        thread_resume(thread);
        thread_join(thread);
    }
}

/// A pager that answers without mapping anything is asked again.
static void test_asked_again(void) {
    task_t thread = thread_start(read_nowhere);
    for (int i = 0; i < 3; i++) {
        expect_fault(thread, NOWHERE + 5, 0);
        thread_resume(thread);
    }
    expect_fault(thread, NOWHERE + 5, 0);
}

/// An error as the answer leaves the task stopped.
static void test_refused(void) {
    task_t thread = thread_start(read_nowhere);
    if (expect_fault(thread, NOWHERE + 5, 0)) {
        ipc_reply_err(thread, ERR_NOT_FOUND);
        CHECK_EQ(state_of(thread), TASK_STOPPED);
        struct message m;
        bzero(&m, sizeof(m));
        m.type = BENCHMARK_NOP_MSG;
        CHECK_EQ(raw_ipc(thread, 0, &m, IPC_SEND), ERR_INVALID_TASK);
    }
}

/// A task that is destroyed while its fault is open is gone for good.
static void test_destroyed_in_fault(void) {
    task_t thread = thread_start(read_nowhere);
    expect_fault(thread, NOWHERE + 5, 0);
    thread_destroy(thread);
    struct message m;
    bzero(&m, sizeof(m));
    m.type = PAGE_FAULT_REPLY_MSG;
    CHECK_EQ(raw_ipc(thread, 0, &m, IPC_SEND | IPC_REPLY), ERR_INVALID_TASK);
}

static void test_map_errors(void) {
    task_t thread = thread_create(read_nowhere, 0);
    vaddr_t src = (vaddr_t) page;
    page[0] = 1;
    CHECK_EQ(vm_map(thread, NOWHERE, src, 0, 0), ERR_TRY_AGAIN);
    CHECK_OK(thread_map(thread, NOWHERE, src, 0));
    CHECK_EQ(vm_map(thread, NOWHERE, src, 0, 0), ERR_ALREADY_EXISTS);

    // Not page-aligned; not user space; no such page here.
    CHECK_EQ(vm_map(thread, NOWHERE + 1, src, 0, 0), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, USER_END, src, 0, 0), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, 0xffff800000100000ul, src, 0, 0), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, 0, src, 0, 0), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, NOWHERE + PAGE_SIZE, 0xffff800000100000ul, 0, 0), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, NOWHERE + PAGE_SIZE, NOWHERE, 0, 0), ERR_INVALID_ARG);
    // Flags that don't exist or don't go together.
    CHECK_EQ(vm_map(thread, NOWHERE + PAGE_SIZE, src, 0, MAP_W | MAP_X), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, NOWHERE + PAGE_SIZE, src, 0, 1u << 31), ERR_INVALID_ARG);
    // vm's alone.
    CHECK_EQ(vm_map(thread, NOWHERE + PAGE_SIZE, 0x100000, 0, MAP_PHYS), ERR_NOT_PERMITTED);
    CHECK_EQ(vm_map(-1, NOWHERE, src, 0, 0), ERR_INVALID_TASK);
    CHECK_EQ(vm_map(main_task, NOWHERE, src, 0, 0), ERR_INVALID_ARG);
}

/// Nobody gives more than he has: what is read-only here is nowhere writable.
static void test_map_read_only_page(void) {
    task_t thread = thread_create(read_nowhere, 0);
    seen = constant[0];
    vaddr_t src = ALIGN_DOWN((vaddr_t) constant, PAGE_SIZE);
    CHECK_EQ(vm_map(thread, NOWHERE, src, 0, MAP_W), ERR_NOT_PERMITTED);
    CHECK_OK(thread_map(thread, NOWHERE, src, 0));
}

/// A page that becomes a page table must be nobody else's.
static void test_kpage_errors(void) {
    task_t thread = thread_create(read_nowhere, 0);
    task_t other = thread_create(read_nowhere, 0);
    page[0] = 1;
    vaddr_t src = (vaddr_t) page;
    CHECK_EQ(vm_map(thread, NOWHERE, src, src + 1, 0), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, NOWHERE, src, NOWHERE, 0), ERR_INVALID_ARG);
    CHECK_EQ(vm_map(thread, NOWHERE, src, 0xffff800000100000ul, 0), ERR_INVALID_ARG);
    // It's the page that is to be mapped; then, one that another task has.
    CHECK_EQ(vm_map(thread, NOWHERE, src, src, 0), ERR_IN_USE);
    CHECK_OK(thread_map(other, NOWHERE, src, 0));
    vaddr_t vaddr;
    paddr_t paddr;
    CHECK_OK(call_vm_alloc_pages(INIT_TASK, 1, 0, &vaddr, &paddr));
    *(volatile uint8_t *) vaddr = 1;
    CHECK_OK(thread_map(other, NOWHERE + PAGE_SIZE, vaddr, 0));
    CHECK_EQ(vm_map(thread, NOWHERE, src, vaddr, 0), ERR_IN_USE);
    CHECK_OK(vm_unmap(other, NOWHERE + PAGE_SIZE));
    // Now it's ours alone. It is taken, as often as tables are missing.
    CHECK_EQ(vm_map(thread, NOWHERE, src, vaddr, 0), ERR_TRY_AGAIN);
    CHECK_EQ(vm_map(thread, NOWHERE, src, vaddr, 0), ERR_INVALID_ARG);
}

static void test_unmap_errors(void) {
    task_t thread = thread_create(read_nowhere, 0);
    CHECK_EQ(vm_unmap(thread, NOWHERE), ERR_NOT_FOUND);
    CHECK_EQ(vm_unmap(thread, NOWHERE + 1), ERR_INVALID_ARG);
    CHECK_EQ(vm_unmap(thread, USER_END), ERR_INVALID_ARG);
    CHECK_EQ(vm_unmap(-1, NOWHERE), ERR_INVALID_TASK);
    page[0] = 1;
    CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, 0));
    CHECK_OK(vm_unmap(thread, NOWHERE));
    CHECK_EQ(vm_unmap(thread, NOWHERE), ERR_NOT_FOUND);
}

static void read_again(void) {
    read_nowhere();
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    (void) raw_ipc(main_task, main_task, &m, IPC_CALL);
    read_nowhere();
}

/// No CPU remembers what was unmapped.
static void test_unmap_takes_effect(void) {
    page[5] = 1;
    task_t thread = thread_start(read_again);
    expect_fault(thread, NOWHERE + 5, 0);
    CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, 0));
    thread_resume(thread);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    CHECK_OK(vm_unmap(thread, NOWHERE));
    m.type = BENCHMARK_NOP_REPLY_MSG;
    ipc_reply(thread, &m);
    expect_fault(thread, NOWHERE + 5, 0);
}

/// A pager's rights don't reach beyond its own tasks, and the peer has none.
static void test_tasks_of_others(void) {
    task_t peer = peer_task();
    CHECK_EQ(vm_unmap(peer, USER_IMAGE_BASE), ERR_NOT_PERMITTED);
    CHECK_EQ(vm_map(peer, NOWHERE, ALIGN_DOWN((vaddr_t) page, PAGE_SIZE), 0, 0), ERR_NOT_PERMITTED);
    CHECK_EQ(peer_do(peer, TEST_ACTION_MAP_PAGE, main_task), ERR_NOT_PERMITTED);
}

const struct test_case fault_cases[] = {
    {"fault.read", test_read},
    {"fault.write", test_write},
    {"fault.execute", test_execute},
    {"fault.asked_again", test_asked_again},
    {"fault.refused", test_refused},
    {"fault.destroyed_in_fault", test_destroyed_in_fault},
    {"fault.map_errors", test_map_errors},
    {"fault.map_read_only_page", test_map_read_only_page},
    {"fault.kpage_errors", test_kpage_errors},
    {"fault.unmap_errors", test_unmap_errors},
    {"fault.unmap_takes_effect", test_unmap_takes_effect},
    {"fault.tasks_of_others", test_tasks_of_others},
    {NULL, NULL},
};
