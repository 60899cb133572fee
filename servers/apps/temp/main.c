#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

void main(void) {
    task_t server = 0;
    struct message m;
    bzero(&m, sizeof(m));
    m.type = THERMOMETER_READ_MSG;
    error_t err = ipc_call_service_idempotent("thermometer", &server, &m);
    if (err != OK) {
        printf("temp: the thermometer doesn't answer: %s\n", error_name(err));
        task_exit_with(1);
    }

    int32_t millidegrees = m.thermometer_read_reply.millidegrees;
    unsigned amount = (unsigned) ((millidegrees < 0) ? -millidegrees : millidegrees);
    printf("%s%u.%02u °C\n", (millidegrees < 0) ? "-" : "", amount / 1000, amount % 1000 / 10);
}
