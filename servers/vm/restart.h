#ifndef __VM_RESTART_H__
#define __VM_RESTART_H__

/// \file
/// Decides whether, and when, a server is started again.

#include <manifest.h>
#include <types.h>

#include "task.h"

/// A server that ran this long counts as healthy: its next end is the first one again.
#define RESTART_HEALTHY_MS 30000
/// The delay doubles this often at most.
#define RESTART_DOUBLINGS_MAX 6

/// What is known of a server's past. Start with all zeroes.
struct restart_history {
    uint64_t started_at;  ///< Milliseconds since boot.
    unsigned restarts;    ///< Since it was last healthy.
};

enum restart_verdict {
    RESTART_NOT,      ///< The policy doesn't ask for it.
    RESTART_LATER,    ///< After the delay.
    RESTART_GIVE_UP,  ///< It has been restarted as often as the manifest allows.
};

/// \param now    Milliseconds since boot.
/// \param delay  Set to milliseconds if the verdict is RESTART_LATER, which is counted.
enum restart_verdict restart_decide(const struct manifest_server *policy,
                                    struct restart_history *history, struct task_end end,
                                    uint64_t now, msec_t *delay);

#endif
