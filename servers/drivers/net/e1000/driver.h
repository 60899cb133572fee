#ifndef __DRIVER_H__
#define __DRIVER_H__

#include <net/device.h>

#include "nic.h"

/// What the controller does by itself.
unsigned driver_features(const struct nic_model *model);
extern const struct net_driver driver;

#endif
