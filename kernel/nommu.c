#include <kernel/board.h>
#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/sched.h>
#include <kernel/transfer.h>
#include <program_table.h>
#include <string.h>

// Memory without an MMU. Kernel and programs share one address space; nothing keeps a task from touching
// what isn't its own. What the kernel can do is done: it never reads or writes for a task what the task
// may not read or write itself, and it looks at the guard words below a task's stack at every trap.

// From the linker script: what any task may read (code and constants of all programs).
extern const uint8_t __flash[], __flash_end[];

#define GUARD_BYTES (STACK_GUARD_WORDS * sizeof(uint32_t))
/// Of what tasks are given: lengths are kept in these units.
#define UNIT 8

static uint32_t ram_len(const struct task *task) {
    return task->ram_units * UNIT;
}

static uint32_t stack_len(const struct task *task) {
    return task->stack_units * UNIT;
}

// ---- Whose memory -------------------------------------------------------------------------------

/// Whether [addr, addr + len) lies within [base, base + size), without overflow.
static __noinline bool is_within(vaddr_t addr, size_t len, vaddr_t base, size_t size) {
    vaddr_t offset = addr - base;
    return offset <= size && len <= size - offset;
}

/// Inlined: payloads are as quick as that.
static ALWAYS_INLINE bool is_own(const struct task *task, vaddr_t addr, size_t len) {
    vaddr_t offset = addr - task->ram;
    return offset <= ram_len(task) && len <= ram_len(task) - offset;
}

/// The null pointer is none, even if there is flash at 0: debug builds don't compute with it.
static __noinline bool is_flash(vaddr_t addr, size_t len) {
    return addr != 0 && is_within(addr, len, (vaddr_t) __flash, (size_t) (__flash_end - __flash));
}

static ALWAYS_INLINE bool is_readable(const struct task *task, vaddr_t addr, size_t len) {
    return LIKELY(is_own(task, addr, len)) || is_flash(addr, len);
}

/// What the last check has refused: syscall_fault() tells of it.
static vaddr_t refused;

static bool allow(bool allowed, vaddr_t addr) {
    if (!allowed) {
        refused = addr;
    }
    return allowed;
}

bool memory_may_write(const struct task *task, vaddr_t addr, size_t len, size_t align) {
    return allow(is_own(task, addr, len) && IS_ALIGNED(addr, align), addr);
}

bool memory_may_read(const struct task *task, vaddr_t addr, size_t len, size_t align) {
    return allow(is_readable(task, addr, len) && IS_ALIGNED(addr, align), addr);
}

bool arch_copy_from_user(void *dst, vaddr_t src, size_t len) {
    if (!memory_may_read(current_task(), src, len, 1)) {
        return false;
    }
    memcpy(dst, (const void *) src, len);
    return true;
}

bool arch_copy_to_user(vaddr_t dst, const void *src, size_t len) {
    if (!memory_may_write(current_task(), dst, len, 1)) {
        return false;
    }
    memcpy((void *) dst, src, len);
    return true;
}

error_t syscall_fault(void) {
    task_stop(EXP_PROTECTION, 0, refused);
    return SYSCALL_PENDING;
}

intptr_t memory_map(task_t tid __unused, vaddr_t vaddr __unused, uintptr_t src __unused,
                    uintptr_t kpage __unused, unsigned flags __unused) {
    return ERR_UNAVAILABLE;
}

intptr_t memory_map_pages(task_t tid __unused, vaddr_t vaddr __unused, uintptr_t src __unused,
                          vaddr_t kpages __unused, unsigned flags __unused,
                          size_t num_pages __unused) {
    return ERR_UNAVAILABLE;
}

error_t memory_unmap(task_t tid __unused, vaddr_t vaddr __unused) {
    return ERR_UNAVAILABLE;
}

// ---- The life of a task -------------------------------------------------------------------------

/// Whether the numbers make sense, wherever the memory is.
static bool is_sound(const struct task_memory *memory) {
    return ((memory->ram_base | memory->ram_len | memory->stack_len) & (UNIT - 1)) == 0
           && memory->ram_base + memory->ram_len >= memory->ram_base
           && memory->ram_len <= UINT16_MAX * UNIT && memory->stack_len >= STACK_MIN
           && memory->stack_len <= memory->ram_len;
}

/// Whether the current task may give that memory away.
static bool may_give(const struct task *creator, const struct task_memory *memory) {
    if (!(creator->flags & TASK_RIGHT_PHYS)) {
        return is_within(memory->ram_base, memory->ram_len, creator->ram, ram_len(creator));
    }
    const struct program_table *table = &__program_table;
    return is_within(memory->ram_base, memory->ram_len, table->ram_base + table->kernel_ram_len,
                     table->ram_len - table->kernel_ram_len);
}

/// Whether a string of a name's length, with its end, lies in flash.
static bool is_name(vaddr_t name) {
    if (!is_flash(name, 1)) {
        return false;
    }
    size_t max = MIN((size_t) TASK_NAME_LEN, (vaddr_t) __flash_end - name);
    return strnlen((const char *) name, max) < max;
}

error_t memory_read_template(struct task_template *template, vaddr_t name, vaddr_t memory) {
    const struct task *creator = current_task();
    if (!arch_copy_from_user(&template->memory, memory, sizeof(template->memory))) {
        return syscall_fault();
    }
    if (!is_name(name) || !is_sound(&template->memory)) {
        return ERR_INVALID_ARG;
    }
    if (!may_give(creator, &template->memory)) {
        return ERR_NOT_PERMITTED;
    }
    template->name = (const char *) name;
    bool is_thread = !(creator->flags & TASK_RIGHT_PHYS);
    template->ram = is_thread ? creator->ram : template->memory.ram_base;
    template->ram_len = is_thread ? ram_len(creator) : template->memory.ram_len;
    return OK;
}

void memory_init_slot(struct task *task __unused, int slot __unused) {}

vaddr_t memory_stack_top(const struct task *task) {
    return task->stack + stack_len(task) - USER_ARGS_LEN;
}

void memory_init_task(struct task *task, const struct task_template *template) {
    task->name = template->name;
    task->ram = template->ram;
    task->ram_units = template->ram_len / UNIT;
    task->stack = template->memory.ram_base;
    task->stack_units = template->memory.stack_len / UNIT;
    memset((void *) task->stack, (uint8_t) STACK_PATTERN, memory_stack_top(task) - task->stack);
}

void memory_begin_destroy(struct task *task __unused) {}

bool memory_teardown(struct task *task __unused, bool now __unused) {
    return true;
}

/// The words at the end of a stack, which nobody writes, are the pattern, too.
bool kernel_check_stack(vaddr_t sp) {
    struct task *task = current_task();
    const uint32_t *guard = (const uint32_t *) task->stack;
    STATIC_ASSERT(STACK_GUARD_WORDS == 4, "all of them are looked at");
    // Without a loop: every trap comes here.
    if (LIKELY(sp >= task->stack + GUARD_BYTES) && LIKELY(guard[3] == STACK_PATTERN)
        && LIKELY(guard[2] == STACK_PATTERN) && LIKELY(guard[1] == STACK_PATTERN)
        && LIKELY(guard[0] == STACK_PATTERN)) {
        return true;
    }
    task_stop(EXP_STACK_OVERFLOW, 0, sp);
    return false;
}

void memory_stack_usage(const struct task *task, uint32_t *size, uint32_t *used) {
    const uint32_t *word = (const uint32_t *) (task->stack + GUARD_BYTES);
    const uint32_t *top = (const uint32_t *) memory_stack_top(task);
    while (word < top && *word == STACK_PATTERN) {
        word++;
    }
    *size = stack_len(task);
    *used = (uint32_t) (task->stack + stack_len(task) - (vaddr_t) word);
}

// ---- Boot ---------------------------------------------------------------------------------------

void memory_init(void) {
    arch_init();
}

void memory_load_init(struct task *task) {
    const struct program_entry *vm = &__program_table.programs[0];
    struct task_template template = {
        .name = vm->name,
        .memory = {vm->ram_base, vm->ram_len, vm->stack_len},
        .ram = vm->ram_base,
        .ram_len = vm->ram_len,
    };
    memory_init_task(task, &template);
    arch_task_init(task, vm->entry);
}

uint64_t memory_ram_bytes(void) {
    return __program_table.ram_len;
}

size_t memory_boot_bytes(void) {
    return 0;
}

/// The page holds text up to a NUL, or is erased from some byte on.
const char *memory_cmdline(void) {
    const char *text = (const char *) (uintptr_t) __program_table.cmdline;
    for (uint32_t i = 0; text && i < __program_table.cmdline_len; i++) {
        if (!text[i]) {
            return text;
        }
        if ((uint8_t) text[i] == 0xff) {
            break;
        }
    }
    return "";
}

// ---- Messages -----------------------------------------------------------------------------------

// SYS_IPC has checked the message buffers once and for all: what lies in them may change meanwhile, where they
// are can't.

static struct message *message_of(struct task *task) {
    return (struct message *) ipc_user_msg(task);
}

error_t transfer_begin(struct task *task, unsigned flags) {
    vaddr_t buf = ipc_user_msg(task);
    bool usable = (flags & IPC_RECV) ? memory_may_write(task, buf, MESSAGE_SIZE, sizeof(uintptr_t))
                                     : memory_may_read(task, buf, MESSAGE_SIZE, sizeof(uintptr_t));
    return usable ? OK : syscall_fault();
}

int transfer_type(struct task *task) {
    return message_of(task)->type;
}

struct message *transfer_buffer(struct task *task) {
    return message_of(task);
}

void transfer_give(struct task *task, task_t src, int type, uintptr_t word0, uintptr_t word1) {
    // That much of a message is what is looked at.
    const struct {
        int type;
        task_t src;
        uintptr_t words[2];
    } m = {type, src, {word0, word1}};
    arch_pass_message(message_of(task), (const struct message *) (const void *) &m, src, 2);
}

/// Whether a task waits for any message, and is to run before the current one and all others.
static bool is_waiting_driver(const struct cpu *cpu, const struct task *driver) {
    return driver->state == TASK_RECEIVING && driver->waits_for == IPC_ANY && cpu->current
           && driver->priority < cpu->current->priority
           && !(cpu->disturbed >> (driver->priority ^ TASK_PRIORITY_MAX));
}

void fastpath_interrupt(struct cpu *cpu, struct task *driver) {
    if (!is_waiting_driver(cpu, driver)) {
        ipc_notify_locked(driver, NOTIFY_IRQ);
        return;
    }
    sched_put_back(cpu, cpu->current);
    cpu->current = driver;
    driver->state = TASK_RUNNING;
    transfer_give(driver, KERNEL_TASK, NOTIFICATIONS_MSG, NOTIFY_IRQ, 0);
    arch_syscall_set_result(driver, OK);
}

static bool has_ool(int type) {
    return type >= 0 && (type & MSG_OOL);
}

void *transfer_payload(struct task *from, struct task *to) {
    const struct message *m = message_of(from);
    const struct ool_buffer *buf = (const struct ool_buffer *) ipc_user_ool(to);
    size_t len = m->ool_len;
    // The buffer is looked at only now: most messages have no payload, and another thread may have changed it.
    if (UNLIKELY(len - 1 >= CONFIG_OOL_MAX)
        || UNLIKELY(!is_readable(from, (vaddr_t) m->ool_ptr, len))
        || UNLIKELY(!memory_may_read(to, (vaddr_t) buf, sizeof(*buf), sizeof(uintptr_t)))
        || UNLIKELY(len > buf->capacity) || UNLIKELY(!is_own(to, (vaddr_t) buf->ptr, len))) {
        return NULL;
    }
    return memcpy(buf->ptr, m->ool_ptr, len);
}

/// Copies the message of `from`, which has been checked, to where `to` wants it.
static error_t __mustuse pass(struct task *from, struct task *to, int type) {
    const struct message *m = message_of(from);
    struct message *dst = message_of(to);
    void *payload = NULL;
    if (has_ool(type) && m->ool_len) {
        payload = transfer_payload(from, to);
        if (!payload) {
            return ERR_TOO_LARGE;
        }
    }
    arch_pass_message(dst, m, from->tid, MSG_LEN(type) / sizeof(uintptr_t));
    if (has_ool(type)) {
        dst->ool_ptr = payload;
    }
    return OK;
}

static bool is_ool_readable(struct task *from, const struct message *m) {
    return !m->ool_len || memory_may_read(from, (vaddr_t) m->ool_ptr, m->ool_len, 1);
}

/// Whether the message of a task makes sense now: another thread of its program may have changed it.
/// SYSCALL_PENDING: it may not read its payload.
static error_t check_message(struct task *from) {
    const struct message *m = message_of(from);
    error_t err = transfer_check_type(m->type);
    if (err == OK && has_ool(m->type)) {
        err = transfer_check_ool(m->type, m->ool_len);
        if (err == OK && !is_ool_readable(from, m)) {
            return SYSCALL_PENDING;
        }
    }
    return err;
}

error_t transfer_send(struct task *task, struct task *dst, int type, bool ready) {
    error_t err = check_message(task);
    if (err == SYSCALL_PENDING) {
        return syscall_fault();
    }
    if (err == OK) {
        err = ready ? pass(task, dst, type) : TRANSFER_HELD;
    }
    return err;
}

error_t transfer_receive(struct task *sender) {
    error_t err = check_message(sender);
    if (err == SYSCALL_PENDING) {
        err = ERR_INVALID_ARG;
    }
    return err == OK ? pass(sender, current_task(), message_of(sender)->type) : err;
}
