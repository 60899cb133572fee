#ifndef __RING_DEVICE_H__
#define __RING_DEVICE_H__

/// \file
/// The device's side of a queue, for tests. It reads and writes the rings by the specification, with code of
/// its own, and can be told to break the rules.

#include <types.h>

#define RING_PIECES_MAX 64

struct ring_device {
    uint8_t *memory;  ///< Of the queue.
    unsigned size;
    bool event_idx;
    uint16_t seen;  ///< Chains taken from the available ring.
    uint16_t used;  ///< Chains put into the used ring.
    unsigned num_interrupts;
    unsigned num_notified;
};

struct ring_request {
    uint16_t head;
    unsigned num_out, num_in;
    struct {
        uint8_t *data;
        uint32_t len;
    } pieces[RING_PIECES_MAX];
    bool indirect;
};

void ring_device_init(struct ring_device *device, void *memory, unsigned size, bool event_idx);
/// The next chain that the driver has made available. False: there is none.
bool ring_device_get(struct ring_device *device, struct ring_request *request);
/// Finishes a chain, and interrupts if the driver wants to hear of it.
void ring_device_put(struct ring_device *device, uint32_t id, uint32_t len);
/// The driver need not tell of chains until it has made `more` of them available: the event, or
/// with UINT16_MAX and no events the flag.
void ring_device_wish(struct ring_device *device, uint16_t more);
/// Where the used ring's index is, for devices that lie.
uint16_t *ring_device_used_index(struct ring_device *device);

#endif
