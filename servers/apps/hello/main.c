#include <arch_user.h>
#include <limits.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/task.h>

void main(void) {
    uint64_t now = arch_cpu_cycles();
    // For the benchmark, which wants to know when we got here.
    if (cmdline_option("time") != NULL) {
        task_exit_with((int) (now & INT_MAX));
    }
    // For tests that launch it a thousand times.
    if (cmdline_option("quiet") == NULL) {
        INFO("Hello, World!");
    }
}
