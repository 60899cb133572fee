#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define CALLS 20

static error_t call_nop(task_t task, int *value) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    error_t err = ipc_call(task, &m);
    *value = m.benchmark_nop_reply.value;
    return err;
}

/// Calls the server that dies of every fifth message; looks it up again whenever it did.
static int count_deaths(void) {
    int deaths = 0;
    task_t flaky = ipc_lookup("sample.flaky");
    for (int i = 0; i < CALLS; i++) {
        int value;
        error_t err = call_nop(flaky, &value);
        if (err == ERR_ABORTED) {
            deaths++;
            flaky = ipc_lookup("sample.flaky");
            ASSERT_OK(flaky);
        } else {
            ASSERT_OK(err);
        }
    }

    return deaths;
}

void main(void) {
    int value;
    ASSERT_OK(call_nop(ipc_lookup("sample.rand"), &value));
    printf("sample.rand answered %d\n", value);

    int deaths = count_deaths();
    printf("sample.flaky died %d times in %d calls\n", deaths, CALLS);
    task_exit_with(deaths != CALLS / 5);
}
