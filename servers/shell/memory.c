#include "memory.h"

#include <idl_client.h>
#include <resea/printf.h>

#define KIB(num_pages) ((num_pages) * (PAGE_SIZE / 1024))

static void print_task(const struct memory_task_reply_fields *task) {
    char name[TASK_NAME_LEN], limit[16] = "-";
    monitor_name_of(task->task, name);
    if (task->limit != 0) {
        snprintf(limit, sizeof(limit), "%zu", KIB(task->limit));
    }
    printf("%8d %-18s %8zu %8zu %8zu %8s\n", task->task, name, KIB(task->own), KIB(task->tables),
           KIB(task->regions), limit);
}

int memory_list(const struct command *command __unused) {
    struct memory_task_reply_fields task, sum = {0};
    error_t err = OK;
    printf("%8s %-18s %8s %8s %8s %8s\n", "TASK", "NAME", "OWN", "TABLES", "REGIONS", "LIMIT/KiB");
    for (unsigned index = 0; err == OK; index++) {
        err = call_memory_task(INIT_TASK, index, &task.task, &task.own, &task.tables, &task.regions,
                               &task.limit);
        if (err == OK) {
            print_task(&task);
            sum.own += task.own;
            sum.tables += task.tables;
        }
    }
    if (err != ERR_END) {
        printf("shell: mem: vm doesn't tell: %s\n", error_name(err));
        return 1;
    }
    printf("%8s %-18s %8zu %8zu\n", "", "all", KIB(sum.own), KIB(sum.tables));
    return 0;
}
