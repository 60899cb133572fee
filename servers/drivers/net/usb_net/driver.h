#ifndef __DRIVER_H__
#define __DRIVER_H__

/// \file
/// What is between the USB server's messages and the rings.

#include <net/device.h>

extern struct net_device driver_device;
extern const struct net_driver driver;

/// Looks the USB server up, and tells it which adapters are ours.
void driver_begin(void);
/// Takes what the servers have for us, until there is an adapter: then `driver_device` describes it. False: there is none
/// yet, NOTIFY_ASYNC will tell.
bool driver_find_adapter(void);

#endif
