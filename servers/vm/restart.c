#include "restart.h"

#include <message.h>

static bool is_wanted(const struct manifest_server *policy, struct task_end end) {
    bool ended_well = (end.reason == TASK_END_REASON_EXITED && end.status == 0);
    return policy->restart == RESTART_ALWAYS
           || (policy->restart == RESTART_ON_CRASH && !ended_well);
}

enum restart_verdict restart_decide(const struct manifest_server *policy,
                                    struct restart_history *history, struct task_end end,
                                    uint64_t now, msec_t *delay) {
    if (!is_wanted(policy, end)) {
        return RESTART_NOT;
    }
    if (now - history->started_at >= RESTART_HEALTHY_MS) {
        history->restarts = 0;
    }
    if (policy->restart_max && history->restarts >= policy->restart_max) {
        return RESTART_GIVE_UP;
    }

    unsigned doublings = MIN(history->restarts, (unsigned) RESTART_DOUBLINGS_MAX);
    *delay = (msec_t) policy->backoff_ms << doublings;
    history->restarts++;
    return RESTART_LATER;
}
