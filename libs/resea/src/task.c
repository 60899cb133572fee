#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>

error_t task_create(task_t tid, const char *name, vaddr_t ip, task_t pager, unsigned flags) {
    return sys_task_create(tid, name, ip, pager, flags, NULL);
}

error_t task_create_in(task_t tid, const char *name, vaddr_t ip, task_t pager, unsigned flags,
                       const struct task_memory *memory) {
    return sys_task_create(tid, name, ip, pager, flags, memory);
}

error_t task_destroy(task_t tid) {
    return sys_task_destroy(tid);
}

__noreturn void task_exit(void) {
    task_exit_with(0);
}

__noreturn void task_exit_with(int status) {
    printf_flush();
    sys_task_exit(status);
}

task_t task_self(void) {
    static task_t self;
    if (self == 0) {
        self = sys_task_self();
    }
    return self;
}

error_t task_schedule(task_t tid, int priority) {
    return sys_task_schedule(tid, priority);
}

error_t vm_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage, unsigned flags) {
    return sys_vm_map(tid, vaddr, src, kpage, flags);
}

intptr_t vm_map_pages(task_t tid, vaddr_t vaddr, uintptr_t src, size_t num_pages,
                      const uintptr_t *kpages, unsigned flags) {
    return sys_vm_map_pages(tid, vaddr, src, num_pages, kpages, flags);
}

error_t vm_unmap(task_t tid, vaddr_t vaddr) {
    return sys_vm_unmap(tid, vaddr);
}
