#ifndef __DRIVER_H__
#define __DRIVER_H__

#include <types.h>

/// Becomes the driver of a device, as plain as one can be, and tells `client` so. Only the driver's loop
/// takes the time behind each receive: the messages that the rest of this program answers don't pay.
__noreturn void driver_main(task_t client);

#endif
