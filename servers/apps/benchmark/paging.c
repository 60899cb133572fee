#include <arch_user.h>
#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>
#include <resea/task.h>
#include <string.h>

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

/// A loan of that length.
#define LOAN_LEN ((size_t) 64 << 10)
#define LOANS    10

static task_t lookout;

/// The server reads what has just been written. The writing isn't counted.
static uint64_t lend(void) {
    static uint8_t pages[LOAN_LEN] __aligned(PAGE_SIZE);
    static unsigned round;
    memset(pages, (int) ++round, sizeof(pages));
    struct message m;
    m.type = BENCHMARK_LOOK_MSG;
    m.benchmark_look.data = pages;
    m.benchmark_look.data_len = sizeof(pages);
    uint64_t start = arch_cpu_cycles();
    ASSERT_OK(ipc_call(lookout, &m));
    uint64_t cycles = arch_cpu_cycles() - start;
    size_t word;
    memset(&word, (int) round, sizeof(word));
    ASSERT(m.benchmark_look_reply.sum == 2 * word);
    return cycles;
}

void measure_loans(task_t server) {
    lookout = server;
    measure_span("ipc.lend.65536", LOANS, lend);
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
