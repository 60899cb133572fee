#include <arch_user.h>
#include <idl_client.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>
#include <resea/task.h>

#include "measure.h"
#include "tasks.h"

/// An address where nobody maps anything, and where a page table begins.
#define NOWHERE USER_PAGES_BASE
/// So that all faults are in the pages of one page table: with the first ones, less than 512.
#define FAULTS_PER_ROW 100

// A page of code that goes on at the beginning of the page behind it.
__asm__(".section .rodata.next_page, \"a\"\n"
        ".balign 4096\n"
        "next_page: " ARCH_JUMP " . + 4096\n"
        ".balign 4096\n"
        ".previous\n");
extern const uint8_t next_page[];

/// A task of ours whose every instruction is in a page that isn't mapped yet.
static task_t faulter;
static vaddr_t next_fault;

task_t create_task(const char *name) {
    task_t task;
    ASSERT_OK(call_task_alloc(INIT_TASK, task_self(), &task));
    ASSERT_OK(task_create(task, name, NOWHERE, task_self(), 0));
    return task;
}

/// Maps the page that the task has asked for, and lets it go on.
static error_t map_next(vaddr_t kpage) {
    return vm_map(faulter, next_fault, (vaddr_t) next_page, kpage, MAP_X | MAP_RESUME);
}

/// Maps the first page, with all page tables that are needed from then on.
static void map_first(void) {
    error_t err = map_next(0);
    while (err == ERR_TRY_AGAIN) {
        vaddr_t kpage;
        paddr_t paddr;
        ASSERT_OK(call_vm_alloc_pages(INIT_TASK, 1, 0, &kpage, &paddr));
        err = map_next(kpage);
    }
    ASSERT(IS_OK(err));
}

/// Receives the next fault.
static void receive_fault(void) {
    struct message m;
    ASSERT_OK(sys_ipc(0, &m, IPC_RECV | IPC_OPEN, NULL));
    DEBUG_ASSERT(m.type == PAGE_FAULT_MSG && m.src == faulter);
    next_fault += PAGE_SIZE;
    DEBUG_ASSERT(m.page_fault.vaddr == next_fault);
}

static void fault(void) {
    ASSERT_OK(map_next(0));
    receive_fault();
}

void measure_faults(void) {
    faulter = create_task("faulter");
    next_fault = NOWHERE;
    ASSERT_OK(task_schedule(faulter, TASK_PRIORITY_MAX));
    struct message m;
    ASSERT_OK(ipc_recv(faulter, &m));
    map_first();
    receive_fault();
    measure_slow("fault.roundtrip", FAULTS_PER_ROW, fault);
    ASSERT_OK(task_destroy(faulter));
}
