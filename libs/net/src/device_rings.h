#ifndef __DEVICE_RINGS_H__
#define __DEVICE_RINGS_H__

/// \file
/// The driver's half of the rings. <net/device.h> has what drivers call; this is what the main loop does around it.

#include <net/device.h>

/// Memory that the server has shared with us.
struct device_memory {
    struct net_rings *rings;
    uint8_t *pool;
    paddr_t pool_paddr;
    uint32_t pool_len;  ///< A multiple of NET_BUFFER_LEN.
};

/// Begins with new rings. `device` stays where it is.
void device_rings_open(const struct device_memory *memory, const struct net_device *device);

/// Before the driver works: we are awake, there is no need to be notified.
void device_rings_begin(void);
/// After it: shows the server what was done. True: it is to be notified.
bool device_rings_end(void);
/// Before receiving. False: something has come meanwhile.
bool device_rings_wait(void);

#endif
