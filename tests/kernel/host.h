#ifndef __HOST_H__
#define __HOST_H__

/// \file
/// A simulated machine that the portable kernel runs on, in an ordinary process, so that tests can put
/// it into any state and look at all of it. Its HAL and board are host_hal.c and host_board.c.
///
/// The test is the hardware and all the programs at once. A simulated CPU is in user mode or idle
/// whenever test code runs; the test makes one enter the kernel (a system call, a fault, an interrupt)
/// and gets control back when that CPU has left it. There is one CPU at a time, so that all that
/// happens is repeatable.
///
/// The kernel boots once per process. Its first task, vm, has the usual rights; a second one, root,
/// has them too and never blocks: it does for the tests what vm would do (create, map, grant, destroy).
/// host_reset(), at the start of a test, destroys all other tasks.

#include <kernel/memory.h>
#include <kernel/task.h>

/// CPUs at most.
#define HOST_CPUS 4
#define ROOT_TASK TASK_ID(2, 0)

/// Physical memory.
#define HOST_RAM_BASE 0x100000ul
#define HOST_RAM_SIZE 0x400000ul
/// Device memory that nobody owns, and that the board owns.
#define HOST_MMIO        0x80000000ul
#define HOST_MMIO_LEN    0x10000ul
#define HOST_BOARD_MMIO  0x90000000ul
#define HOST_CONSOLE_IRQ 4

/// All tasks get a page for messages here (writable), from host_spawn().
#define MSG_VADDR 0x00200000ul
/// Nothing is mapped here unless a test does it.
#define FREE_VADDR 0x00300000ul

/// The beginning of a message: its header and what travels in registers.
#define MESSAGE_IN_REGISTERS (MESSAGE_HEADER_SIZE + IPC_WORDS * sizeof(uintptr_t))

/// What host_call() returns when the task is blocked, or is gone.
#define HOST_BLOCKED (-2000)

struct host_cpu {
    struct task *loaded;    ///< What arch_switch() was last called with.
    struct aspace *aspace;  ///< What its page-table register points to.
    uint64_t timer;         ///< Deadline; 0: none.
    bool ipi;               ///< An IPI is on its way.
    bool fpu;               ///< It is on, for the current task.
    unsigned flushes;       ///< Calls of arch_flush_user_tlb().
    vaddr_t copy_fault_vaddr;
    unsigned copy_fault_flags;
};

/// What a listener is told of, in the order in which it happens.
enum host_event {
    HOST_SYSCALL,  ///< The task enters the kernel with a system call, for the first time or again.
    HOST_SYSCALL_DONE,  ///< The kernel has carried it out, as far as it goes now.
    HOST_SWITCH,        ///< This CPU leaves the task, for another or the same one.
    HOST_IDLE,          ///< This CPU leaves the task, and has nothing to do.
    HOST_RESUME,        ///< The task goes on in user mode.
    HOST_TIMER,         ///< This CPU's timer is about to fire. No task.
};

/// State of the machine.
struct host {
    unsigned num_cpus;  ///< May be lowered before the first host_reset().
    unsigned cpu;       ///< The CPU that runs.
    uint64_t now;       ///< arch_cycles(): one cycle a look.
    struct host_cpu cpus[HOST_CPUS];
    bool unmasked[CONFIG_NUM_IRQS];
    unsigned handed_over;  ///< How often the console was.
    const char *input;     ///< What the console's user has typed.
    char output[0x10000];  ///< What the console shows, since host_clear_output().
    size_t output_len;
    void (*on_output)(void);  ///< Is called before more is shown; NULL: nothing is.
    bool pause_restarts;      ///< A restarted call isn't made again on its own.
    bool fast_path;           ///< SYS_IPC enters by the fast path, if the kernel has one.
    /// Is told of events; `task` may be NULL, or one that is gone.
    void (*listener)(enum host_event event, struct task *task);
    unsigned fast_calls;     ///< How many calls and answers might have gone that way,
    unsigned fast_messages;  ///< and how many have.
    bool still;              ///< Looks at the clock take no time.
    unsigned shared_locks;   ///< Locks that were taken, but for each CPU's own.
};

extern struct host host;

// ---- The machine --------------------------------------------------------------------------------

/// Boots, the first time; then destroys all tasks but vm and root, and checks that nothing is left
/// of them. vm is left waiting for messages. Single CPU until host_deliver_ipis().
void host_reset(void);

/// Pages that the kernel says are mapped, and are page tables.
void host_count_pages(size_t *mapped, size_t *tables);

/// Lets CPU `cpu` enter the kernel through `handler` and leave it.
void host_enter(unsigned cpu, void (*handler)(void));

/// Interrupts.
void host_irq(unsigned cpu, unsigned irq);
/// Lets IPIs arrive until there are none.
void host_deliver_ipis(void);
/// Lets time go by, with all the timer interrupts that were asked for.
void host_advance_ms(unsigned ms);
/// Characters come in on the console.
void host_type(const char *text);
void host_clear_output(void);
/// Whether the console has shown `text`.
bool host_shown(const char *text);

/// Runs `body` in a child process, which must end by powering off with `status`. The child's console
/// output is `host.output` after that.
bool host_ends_with_status(void (*body)(void), int status);

// ---- Tasks --------------------------------------------------------------------------------------

struct task *host_task(task_t tid);
enum task_state host_state(task_t tid);

/// The ID that a slot's next task will have.
task_t host_next_tid(int slot);

/// Creates a task and starts it with priority 3, and maps its message page. It may call every task.
task_t host_spawn(const char *name, task_t pager, unsigned rights);
/// The same without rights, may_call, pages or a start.
task_t host_create(const char *name, task_t pager, unsigned rights);
void host_destroy(task_t tid);

/// Lets the schedulers take turns until `tid` is in user mode on its CPU. It must be ready.
void host_run(task_t tid);
/// The same; then it makes a call again that was not to be made on its own.
void host_go_on(task_t tid);

/// The task makes a system call. Returns its result, or HOST_BLOCKED.
///
/// What tests say of a SYS_IPC is (dst, src, message, IPC_* flags but for IPC_OPEN, ool_buf, ool_cap): the
/// message is at that address, if there is a page, and what comes is stored there, as the library does.
intptr_t host_call(task_t tid, enum syscall_number number, uintptr_t a0, uintptr_t a1, uintptr_t a2,
                   uintptr_t a3, uintptr_t a4, uintptr_t a5);
#define SYSCALL(tid, number, ...) HOST_CALL(tid, number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define HOST_CALL(tid, n, a0, a1, a2, a3, a4, a5, ...)                                        \
    host_call(tid, n, (uintptr_t) (a0), (uintptr_t) (a1), (uintptr_t) (a2), (uintptr_t) (a3), \
              (uintptr_t) (a4), (uintptr_t) (a5))

/// The same without waiting for anything: the task must be in user mode, on its CPU.
void host_start_call(task_t tid, enum syscall_number number, const uintptr_t args[6]);
/// The same with the registers as they are, SYS_IPC's, too. What comes is left in registers.
void host_start_raw_call(task_t tid, uintptr_t number, const uintptr_t args[6]);
bool host_in_user_mode(task_t tid);

/// The time slice of a CPU's current task is over.
void host_end_slice(unsigned cpu);

/// The result of the system call that the task has been blocked in, or HOST_BLOCKED if it still is.
intptr_t host_result(task_t tid);

/// The task faults in user mode, or does something forbidden there.
void host_fault(task_t tid, vaddr_t vaddr, unsigned fault);
void host_exception(task_t tid, int exception, int value);

// ---- Memory -------------------------------------------------------------------------------------

/// A page of RAM that no task has. It is handed out again when all others have been, unless a task
/// has it then.
paddr_t host_page(void);
/// The same, but it isn't handed out again before host_reset().
paddr_t host_keep_page(void);

/// Maps a new page, or a given one, through root.
void host_map(task_t tid, vaddr_t vaddr, unsigned flags);
void host_map_page(task_t tid, vaddr_t vaddr, paddr_t paddr, unsigned flags);
/// The same, but it may fail.
error_t __mustuse host_try_map(task_t tid, vaddr_t vaddr, paddr_t paddr, unsigned flags);
void host_unmap(task_t tid, vaddr_t vaddr);

/// The test's pointer to a task's memory, up to the end of the page. NULL if nothing is mapped.
void *host_ptr(task_t tid, vaddr_t vaddr);

/// The message at the task's MSG_VADDR.
struct message *host_msg(task_t tid);

// ---- Messages: as the library would do it, with the buffer at MSG_VADDR ---------------------------

/// A message of interface 200, `len` bytes of payload, filled with a pattern made from `method`.
struct message *host_compose(task_t tid, int method, size_t len);
/// Whether the task has received that, from `src`.
bool host_received(task_t tid, task_t src, int method, size_t len);

intptr_t host_ipc(task_t tid, task_t dst, task_t src, unsigned flags);
intptr_t host_send(task_t tid, task_t dst);
intptr_t host_recv(task_t tid, task_t src);

// ---- Checks -------------------------------------------------------------------------------------

/// Whether the kernel's data structures are consistent. Prints the first that isn't.
bool host_check(void);
/// The same but for the pages: faster.
bool host_check_tasks(void);

#endif
