#ifndef __NIC_H__
#define __NIC_H__

/// \file
/// The controller but for its rings: reset, MAC address, link, interrupts.

#include <driver/io.h>
#include <types.h>

/// What differs between the controllers that the driver knows.
struct nic_model {
    uint16_t device_id;
    bool is_82574;
};

/// Takes a controller as it is and resets it: it accesses no memory, and doesn't interrupt. Reads its MAC address. Takes
/// some milliseconds. ERR_IO: it doesn't come out of the reset, or has no address that can be a card's.
error_t nic_init(io_t registers, const struct nic_model *model, uint8_t mac[6]) __mustuse;
/// Resets it again.
error_t nic_reset(void) __mustuse;

/// Lets the link come up, and the interrupts through. The rings must be there.
void nic_start(void);
/// What has come up since it was called last: E1000_CAUSE_*.
uint32_t nic_causes(void);
/// Whether there is a link, and how fast it is.
bool nic_link(uint32_t *mbit_per_s);
/// Frames that were lost since it was called last.
unsigned nic_missed(void);

/// Whether the controller is to interrupt for what it has sent.
void nic_interrupt_when_sent(bool wanted);
/// Tells how many frames came at once: with many, fewer interrupts will do.
void nic_adapt(unsigned num_received);

#endif
