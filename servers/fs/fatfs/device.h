#ifndef __DEVICE_H__
#define __DEVICE_H__

/// \file
/// A unit of a block driver as the device of a cache.

#include <blk/client.h>
#include <blkcache.h>

/// The unit has been opened, with a buffer; it must stay where it is.
void device_init(struct blkcache_device *device, struct blk_unit *unit);

#endif
