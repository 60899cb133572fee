#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "image.h"
#include "nommu.h"
#include "own.h"

error_t image_find(const char *name, const struct program **program) {
    *program = programs_find(name);
    return *program ? OK : ERR_NOT_FOUND;
}

const char *image_program_name(const struct program *program) {
    return program->entry.name;
}

const char *image_name(size_t index) {
    const struct program *program = programs_at(index + 1);
    return program ? program->entry.name : NULL;
}

error_t image_check(const struct program *program) {
    const struct task *user = programs_find_user(program);
    if (!user) {
        return OK;
    }
    if (user->program == program) {
        WARN("%s runs already (task %d); without an MMU there is one of it at a time",
             program->entry.name, user->tid);
    } else {
        WARN("%s must wait until %s (task %d) has ended: they share their RAM (memory.overlay in "
             "the manifest)",
             program->entry.name, user->name, user->tid);
    }
    return ERR_IN_USE;
}

error_t image_create(const struct task *task, unsigned flags) {
    const struct program_entry *entry = &task->program->entry;
    struct task_memory memory = {entry->ram_base, entry->ram_len, entry->stack_len};
    return task_create_in(task->tid, task->name, entry->entry, INIT_TASK, flags, &memory);
}

error_t image_load(struct task *task, const char *cmdline, size_t len) {
    const struct program_entry *entry = &task->program->entry;
    uintptr_t stack_end = (uintptr_t) entry->ram_base + entry->stack_len;
    memcpy((char *) (stack_end - USER_ARGS_LEN), cmdline, len + 1);
    return OK;
}

error_t image_create_stand_in(const struct task *task) {
    void *ram = own_borrow(STACK_MIN);
    if (!ram) {
        return ERR_NO_MEMORY;
    }
    struct task_memory memory = {(uintptr_t) ram, STACK_MIN, STACK_MIN};
    // It never runs: the entry point only has to be one.
    vaddr_t entry = programs_at(0)->entry.entry;
    return task_create_in(task->tid, task->name, entry, INIT_TASK, 0, &memory);
}

void image_release(struct task *task __unused) {
    // Its RAM is free because no task has it.
}
