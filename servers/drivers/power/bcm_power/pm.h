#ifndef __PM_H__
#define __PM_H__

/// \file
/// The power manager's registers.

#include <types.h>

/// The longest time that the hardware can count.
#define PM_TIMEOUT_MS_MAX 15000

/// ERR_NOT_PERMITTED.
error_t __mustuse pm_init(void);

/// These only return if the machine takes no notice for a second.
void pm_power_off(void);
void pm_reboot(void);

/// A POWER_RESET_REASON_*.
int pm_last_reset(void);

/// Resets the machine in `ms` milliseconds, up to PM_TIMEOUT_MS_MAX, whatever happens until then; a
/// time that was set before doesn't count any more. (QEMU's model counts no time: it resets at once.)
void pm_arm(unsigned ms);
void pm_disarm(void);
bool pm_is_armed(void);

#endif
