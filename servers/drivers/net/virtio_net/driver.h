#ifndef __DRIVER_H__
#define __DRIVER_H__

#include <net/device.h>

/// Takes a device, and describes it. What can be wrong: see nic_open; ERR_NO_MEMORY.
error_t driver_init(struct net_device *device) __mustuse;
extern const struct net_driver driver;

#endif
