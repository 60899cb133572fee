#ifndef __KERNEL_ABI_H__
#define __KERNEL_ABI_H__

/// \file
/// The border between the kernel and user space: system call numbers, their flags, and the structs
/// they fill. User programs call the wrappers of <resea/syscall.h> and <resea/task.h> instead.
///
/// A system call returns a value that is not negative, or an ERR_* value.

#include <types.h>

enum syscall_number {
    // Those that never wait, nor are made again: on the way there and back little is saved.
    SYS_NOP = 0,        ///< () -> OK
    SYS_IPC = 1,        ///< See below.
    SYS_NOTIFY = 2,     ///< (dst, notifications)
    SYS_TIMER_SET = 3,  ///< (milliseconds; 0 stops it)
    SYS_TASK_SELF = 4,  ///< () -> tid
    SYS_CLOCK = 5,      ///< (CLOCK_* unit) -> time since boot, modulo 2 to the bits of a long
    // The others.
    SYS_CONSOLE_WRITE = 6,   ///< (buf, len) -> bytes written
    SYS_CONSOLE_READ = 7,    ///< (buf, len) -> bytes read, 0 if there are none
    SYS_IRQ_ACQUIRE = 8,     ///< (irq)
    SYS_IRQ_RELEASE = 9,     ///< (irq)
    SYS_TASK_CREATE = 10,    ///< (tid, name, ip, pager, TASK_* flags, struct task_memory *)
    SYS_TASK_DESTROY = 11,   ///< (tid)
    SYS_TASK_EXIT = 12,      ///< (status)
    SYS_TASK_SCHEDULE = 13,  ///< (tid, priority)
    SYS_VM_MAP = 14,     ///< (tid, vaddr, src, kpage, MAP_* flags, 0) -> 1 if it took kpage, else 0
                         ///< (tid, vaddr, src, kpages, MAP_* flags, num_pages) -> MAP_DONE()
    SYS_VM_UNMAP = 15,   ///< (tid, vaddr)
    SYS_GRANT = 16,      ///< (tid, GRANT_* kind, base, len)
    SYS_KDEBUG = 17,     ///< (cmd, cmd_len, buf, buf_len) -> bytes of output
    SYS_KLOG_READ = 18,  ///< (buf, len, &position) -> bytes read
    SYS_POWER = 19,      ///< (POWER_* how, status)
    SYS_INFO = 20,       ///< (INFO_* kind, index, buf, len) -> bytes written
    SYS_TRACE = 21,      ///< (TRACE_* what, index, buf, len) -> OK, or bytes written
    SYS_ACCEPT_LOANS = 22,  ///< (window, len)
    SYS_CONSOLE_FEED = 23,  ///< (buf, len)
    NUM_SYSCALLS,
    SYS_FIRST_FULL = SYS_CONSOLE_WRITE  ///< Calls below this one, but SYS_IPC, are the light ones.
};

// SYS_IPC. The number of the system call carries the IPC_* flags above IPC_FLAGS_SHIFT. Arguments:
//
//   0  the peer: whom to send to, and whom to receive from unless IPC_OPEN is set
//   1  with an MMU: the type of the message; on return, of the one that came
//   2  NULL, or where a struct ool_buffer is, for an out-of-line payload that comes
//   3  the message buffer (struct message); with an MMU, on return: who sent what came
//   4  with an MMU: the first IPC_WORDS words of the payload, in the same way. Words that a message
//   5  doesn't have come as 0.
//
// So a short message never touches memory: the kernel reads and writes the buffer only where a payload
// goes on behind the registers. Without an MMU all of a message is in the buffer; what the payload of one
// that comes leaves of it is cleared.
//
// The send phase comes first; its failure ends the call, but for IPC_REPLY with IPC_RECV.
#define IPC_FLAGS_SHIFT 6
#define IPC_SEND        (1u << 0)
#define IPC_RECV        (1u << 1)
/// Neither phase blocks: ERR_WOULD_BLOCK instead.
#define IPC_NOBLOCK (1u << 2)
/// The send phase is a reply: it doesn't block, and with IPC_RECV its failure is not told (a client
/// that is gone must not disturb the server).
#define IPC_REPLY (1u << 3)
/// The receive phase takes messages from anybody, and notifications.
#define IPC_OPEN (1u << 4)
/// Send to a task, then receive from it: what a client does.
#define IPC_CALL (IPC_SEND | IPC_RECV)
/// Answer a client, then receive from anybody: what a server does.
#define IPC_SERVE (IPC_SEND | IPC_RECV | IPC_REPLY | IPC_OPEN)
#define IPC_FLAGS (IPC_SEND | IPC_RECV | IPC_NOBLOCK | IPC_REPLY | IPC_OPEN)

/// The number of a SYS_IPC with those flags.
#define SYS_IPC_WITH(flags) (SYS_IPC | ((flags) << IPC_FLAGS_SHIFT))

/// Words of a payload that travel in registers, where there is an MMU.
#define IPC_WORDS 2

/// Where a receiver wants a payload. Aligned so that it lies in one page, the kernel reads it faster; small
/// machines have no pages.
struct ool_buffer {
    void *ptr;
    size_t capacity;  ///< In bytes; 0: nothing can be received.
} __aligned(sizeof(void *) < 8 ? sizeof(void *) : 2 * sizeof(void *));

/// SYS_TASK_CREATE: the rights of the new task; the creator needs each that it gives.
#define TASK_RIGHT_TASK  (1u << 0)  ///< May create tasks, and destroy and schedule those it pages.
#define TASK_RIGHT_MAP   (1u << 1)  ///< May map its own pages into the tasks it pages.
#define TASK_RIGHT_PHYS  (1u << 2)  ///< vm: may name physical pages, any task and any right.
#define TASK_RIGHT_POWER (1u << 3)  ///< May power off and reboot.
#define TASK_RIGHT_DEBUG (1u << 4)  ///< May use the kernel debugger's commands and the tracer.
#define TASK_RIGHT_LAUNCH \
    (1u << 5)  ///< May have vm launch programs (vm looks at it, not the kernel).
/// System calls and exceptions go to the pager as abi_hook messages.
#define TASK_ABI_HOOK (1u << 8)
/// May read what is typed on the console, and type there.
#define TASK_RIGHT_CONSOLE (1u << 6)
/// May use the tracer, which then tells who sends to whom, and nothing of what is sent.
#define TASK_RIGHT_TRACE (1u << 7)
#define TASK_RIGHTS                                                                           \
    (TASK_RIGHT_TASK | TASK_RIGHT_MAP | TASK_RIGHT_PHYS | TASK_RIGHT_POWER | TASK_RIGHT_DEBUG \
     | TASK_RIGHT_LAUNCH | TASK_RIGHT_CONSOLE | TASK_RIGHT_TRACE)
#define TASK_FLAGS (TASK_RIGHTS | TASK_ABI_HOOK)

/// Priorities: 0 is the highest.
#define TASK_PRIORITY_MAX 7

/// SYS_TASK_CREATE without an MMU: the RAM of the new task. With an MMU the argument is 0.
///
///     ram_base               STACK_GUARD_WORDS words that never change: the kernel looks at them
///                            the stack, filled with STACK_PATTERN by the kernel
///                            the last USER_ARGS_LEN bytes of the stack: what the creator leaves there
///     ram_base + stack_len   what the program makes of it
///     ram_base + ram_len
///
/// The first stack pointer is ram_base + stack_len - USER_ARGS_LEN. All three are multiples of 8. Who
/// has TASK_RIGHT_PHYS names any RAM but the kernel's; others name a part of their own, and the new
/// task then has the use of all that its creator has. The task's name must lie in flash: the kernel
/// keeps the address.
struct task_memory {
    uintptr_t ram_base;
    uint32_t ram_len;
    uint32_t stack_len;
};

#define STACK_GUARD_WORDS 4
#define STACK_PATTERN     0xa9a9a9a9u  // Four times the same byte.
/// Bytes that a stack has at least: guard words, saved registers, command line.
#define STACK_MIN (STACK_GUARD_WORDS * 4 + 96 + USER_ARGS_LEN)

/// SYS_CLOCK.
#define CLOCK_MS     0
#define CLOCK_CYCLES 1  ///< Of the kernel's clock: kernel_info.clock_hz per second.

/// SYS_VM_MAP. Pages are readable; writable and executable exclude each other.
#define MAP_W        (1u << 0)
#define MAP_X        (1u << 1)
#define MAP_UNCACHED (1u << 2)  ///< Device memory.
#define MAP_PHYS     (1u << 3)  ///< src and kpage are physical addresses (TASK_RIGHT_PHYS).
#define MAP_ZERO     (1u << 4)  ///< With MAP_PHYS: fill the page with zeroes, if nobody has it mapped.
#define MAP_RESUME   (1u << 5)  ///< The task faulted: if a page was mapped, it goes on.
/// Of several pages: kpages is the address of this many pages' addresses, 0 behind the last one, or 0.
#define MAP_TABLES_MAX 4
/// The result: how many pages have been mapped, and how many of the kpages taken, from the first on.
#define MAP_DONE(pages, tables) ((intptr_t) ((pages) *256 + (tables)))
#define MAP_DONE_PAGES(done)    ((size_t) (done) / 256)
#define MAP_DONE_TABLES(done)   ((size_t) (done) % 256)
#define MAP_FLAGS               (MAP_W | MAP_X | MAP_UNCACHED | MAP_PHYS | MAP_ZERO | MAP_RESUME)

/// SYS_GRANT: what a task is given. Who has TASK_RIGHT_PHYS gives anything; who holds IRQ, PORTS or
/// MMIO ranges may hand on a part of them. A grant ends with the task that got it.
enum grant_kind {
    GRANT_IRQ = 1,     ///< Interrupt lines base … base+len-1.
    GRANT_PORTS = 2,   ///< I/O ports.
    GRANT_MMIO = 3,    ///< Physical addresses of a device.
    GRANT_SERVER = 4,  ///< base: the number by which GRANT_CALL names the task. PHYS only.
    GRANT_CALL = 5,    ///< base: number of a server that the task may call. PHYS only.
};
/// Server numbers are below this, unless <arch_types.h> has a smaller limit. 0 is vm, whom everybody
/// may call.
#ifndef NUM_SERVERS_MAX
#    define NUM_SERVERS_MAX 128
#endif

/// What the `fault` field of page_fault tells.
#define FAULT_PRESENT (1u << 0)  ///< The page is mapped, but not for this access.
#define FAULT_WRITE   (1u << 1)
#define FAULT_EXEC    (1u << 2)

/// Why a task stopped: the `exception` field of exception messages.
enum exception_type {
    EXP_EXIT = 0,        ///< It called task_exit; `value` is the status.
    EXP_ILLEGAL = 1,     ///< Invalid instruction.
    EXP_DIVIDE = 2,      ///< Division by zero or overflow.
    EXP_PROTECTION = 3,  ///< Privileged instruction, non-canonical address, forbidden I/O port…
    EXP_BREAKPOINT = 4,
    EXP_ALIGNMENT = 5,
    EXP_FPU = 6,
    EXP_OTHER = 7,           ///< Anything else; `value` is the machine's number for it.
    EXP_STACK_OVERFLOW = 8,  ///< Found by a check (NOMMU); with an MMU it is a page fault.
};

#define POWER_OFF    0
#define POWER_REBOOT 1

/// SYS_INFO.
enum info_kind {
    INFO_KERNEL = 0,  ///< struct kernel_info
    INFO_TASK = 1,    ///< struct task_info of the task in slot `index`; ERR_NOT_FOUND if it is free
    INFO_CPU = 2,     ///< struct cpu_info of CPU `index`
    INFO_CMDLINE = 3,  ///< The boot loader's command line, a string
    INFO_SHARING = 4,  ///< struct sharing_info of CPU `index`; ERR_INVALID_ARG if it isn't counted
};

/// SYS_TRACE. All of it needs TASK_RIGHT_DEBUG, or TASK_RIGHT_TRACE: then events have no `data`.
#define TRACE_STOP  0  ///< Records nothing any more.
#define TRACE_START 1  ///< Forgets what was recorded, and records from now on.
#define TRACE_READ  2  ///< The event `index`, or the oldest one that is left.

enum trace_kind {
    TRACE_SEND = 1,      ///< `src` sends, without waiting for an answer.
    TRACE_CALL = 2,      ///< `src` sends, and waits for the answer.
    TRACE_REPLY = 3,     ///< `src` answers.
    TRACE_RECEIVE = 4,   ///< `dst` takes what `src` has sent before.
    TRACE_NOTIFY = 5,    ///< `src` (0: the kernel) notifies. Data: the bits.
    TRACE_FAULT = 6,     ///< `src` has faulted; `dst` is its pager. Data: vaddr, ip (64 bits).
    TRACE_RESUME = 7,    ///< `src`, a pager, has answered. Data: whether `dst` goes on.
    TRACE_EXIT = 8,      ///< `src` has stopped; `dst` is its pager. Data: EXP_*, value.
    TRACE_ABORT = 9,     ///< `src` waited for `dst`, in vain. Data: the error.
    TRACE_CREATE = 10,   ///< `src` has created `dst`. Data: its name.
    TRACE_DESTROY = 11,  ///< `src` has destroyed `dst`.
};

#define TRACE_DATA_LEN 28

struct trace_event {
    uint64_t time;    ///< In cycles: see CLOCK_CYCLES.
    uint64_t number;  ///< Counts events since the start, from 0.
    task_t src;
    task_t dst;
    int32_t type;       ///< Of the message, if there is one.
    uint32_t ool_len;   ///< Of its out-of-line payload.
    uint8_t kind;       ///< enum trace_kind
    uint8_t cpu;        ///< Where it happened.
    uint8_t delivered;  ///< 0: `dst` takes it later, which is a TRACE_RECEIVE.
    uint8_t data_len;
    uint8_t data[TRACE_DATA_LEN];  ///< The first bytes of the message's payload; or see trace_kind.
};

struct kernel_info {
    uint32_t num_cpus;
    uint32_t num_tasks;       ///< Slots 1 … num_tasks can hold a task.
    uint64_t clock_hz;        ///< Cycles (below) per second.
    uint64_t cycles_at_boot;  ///< The cycle counter at the kernel's first instruction.
    uint64_t cycles_now;
    uint64_t uptime_ms;
    uint64_t kernel_text_bytes;  ///< Code, without what fills its last page.
    uint64_t kernel_ram_bytes;   ///< Data, bss, stacks and tables, tables sized by RAM included.
    uint64_t ram_bytes;          ///< What the boot loader called usable.
    uint32_t task_bytes;         ///< What one more task slot costs.
    uint32_t flags;
};

enum task_state {
    TASK_UNUSED = 0,
    TASK_READY = 1,  ///< In a run queue.
    TASK_RUNNING = 2,
    TASK_SENDING = 3,    ///< `waits_for` doesn't receive yet.
    TASK_RECEIVING = 4,  ///< From `waits_for`, or from anybody (0).
    TASK_FAULTED = 5,    ///< Waits for its pager's answer to a page fault.
    TASK_STOPPED = 6,    ///< Exited or crashed; its pager has been told, or is about to be.
    TASK_SYNCING = 7,    ///< Waits until another CPU has taken note of an unmap or destroy.
    TASK_DYING = 8,      ///< Being torn down.
    TASK_CREATED = 9,    ///< Not yet scheduled for the first time.
};

struct task_info {
    task_t tid;
    task_t pager;
    task_t waits_for;
    int32_t state;  ///< enum task_state
    int32_t priority;
    int32_t cpu;
    uint32_t server;  ///< Its server number.
    uint32_t flags;   ///< TASK_*
    notifications_t pending;
    uint32_t stack_size;  ///< Bytes, guard and command line included; 0: the kernel doesn't know.
    uint32_t stack_used;  ///< The most that has ever been in use of it.
    uint32_t reserved;
    uint64_t cycles;     ///< CPU time used.
    uint64_t ipc_count;  ///< Messages sent and received.
    char name[TASK_NAME_LEN];
};

struct cpu_info {
    uint64_t busy_cycles;  ///< Since it came up. Waits for hardware and idleness are left out.
    uint64_t idle_cycles;
    uint64_t switches;
    task_t running;  ///< 0 if idle.
    uint32_t reserved;
};

/// What the messages of a CPU's tasks have shared with other CPUs since boot.
struct sharing_info {
    uint64_t locks;   ///< Locks taken, but for the CPU's own.
    uint64_t writes;  ///< Writes to memory and devices that other CPUs write, too.
};

#endif
