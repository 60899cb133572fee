#include <resea/syscall.h>
#include <resea/timer.h>

error_t timer_set(msec_t timeout) {
    return (timeout < 0) ? ERR_INVALID_ARG : sys_timer_set(timeout);
}

uint64_t timer_uptime(void) {
    return sys_clock();
}
