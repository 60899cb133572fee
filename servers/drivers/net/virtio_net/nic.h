#ifndef __NIC_H__
#define __NIC_H__

/// \file
/// The device but for what goes through its queues: features, configuration, link.

#include <net/device.h>
#include <types.h>
#include <virtio/virtio.h>

struct nic {
    virtio_t virtio;
    virtq_t rx, tx;
    unsigned header_len;   ///< Of the header in front of each frame.
    bool header_is_alone;  ///< The header has to have a descriptor of its own.
    bool merges;           ///< Frames may come in several buffers.
    bool checks;           ///< The device says something of the checksums of what is received.
    bool cuts4, cuts6;     ///< It cuts segments.
};

/// Takes the next device that nobody has, resets it, and sets its queues up: it accesses no memory before nic_start. What
/// it is goes into `device`. ERR_NOT_FOUND, ERR_IN_USE: there is none; ERR_NOT_ACCEPTABLE: it can't be used; and what
/// virtio_open says.
error_t nic_open(struct nic *nic, struct net_device *device) __mustuse;
/// Lets it work.
void nic_start(struct nic *nic);
/// Resets it and gives it back: it leaves all memory alone. A device that doesn't stop ends the driver.
void nic_close(struct nic *nic);

/// Whether there is a link, and how fast it is (0: unknown). Ends the driver if the device says that it can't go on.
bool nic_link(const struct nic *nic, uint32_t *mbit_per_s);

#endif
