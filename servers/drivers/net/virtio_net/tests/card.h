#ifndef __CARD_H__
#define __CARD_H__

/// \file
/// A virtio network device and the stack, on both sides of the driver. The device follows the specification with code of its
/// own (../../../../../libs/virtio/tests), and can be told to break the rules.

#include <net/device.h>
#include <net/port.h>

#include "../../../../../libs/virtio/tests/pci_device.h"

#define CARD_BUFFERS 512u

#define BIT(n) (UINT64_C(1) << (n))
/// What QEMU's device offers at a tap interface: checksums, MTU, MAC, segments, merged buffers, status; and, if it is
/// modern, its speed.
#define CARD_ALL (0x1dabULL | BIT(15) | BIT(16) | BIT(27))
#define CARD_MTU 2000

/// In front of a frame, as the device sees it (5.1.6).
struct card_header {
    uint8_t flags, gso_type;
    uint16_t header_len, gso_size, csum_start, csum_offset, num_buffers;
};

struct card_frame {
    struct card_header header;
    size_t len;
    unsigned num_pieces;  ///< Beside the header.
    uint8_t bytes[70000];
    uint16_t head;
};

extern struct net_device card_device;
extern struct net_port *card_port;
extern uint8_t card_pool[CARD_BUFFERS * NET_BUFFER_LEN];
/// How often the driver has said that the link is another, and whether its timer runs.
extern unsigned card_link_changes;
extern bool card_timer_runs;

/// A device with these features, and what has to be there for all tests.
void card_init(bool modern, uint64_t features);
/// Writes a number into the device's configuration.
void card_config(unsigned offset, size_t size, uint32_t value);
/// A driver that has started, and a stack that has given it so many buffers.
void card_begin(bool modern, uint64_t features, unsigned num_buffers);
/// The same with the device that card_init has made.
void card_begin_with(unsigned num_buffers);
/// Only opens it: the driver is described, but not started.
error_t card_open(void);
/// All that card_open and what is behind it began.
void card_end(void);
/// What an old driver's end, or a server's, means.
void card_restart(void);

/// Whether the driver ends while this is called.
bool card_panics(void (*what)(void));

/// Lets the stack give the driver more buffers, so that it has that many.
void card_give(unsigned wanted);
/// Calls the driver, as after an interrupt if there was one since the last time. Returns whether it wants to be called again.
bool card_work(void);
/// Lets the timer run out.
void card_tick(void);

/// The device receives: puts so many bytes into the next buffer, and says that it has put `says` there. False: it has none.
bool card_fill(const void *bytes, size_t len, uint32_t says);
/// A whole frame behind its header, in as many buffers as it takes. False: there weren't enough.
bool card_receive(const struct card_header *header, const void *frame, size_t len);

/// The stack sends a frame of pieces given by their lengths, whose bytes are in the pool, one piece in each buffer from
/// number `first` on. `like` has flags and offsets.
void card_send(const struct net_desc *like, unsigned first, const uint16_t *lens,
               unsigned num_pieces);
/// The device takes the next frame to be sent. NULL: there is none.
struct card_frame *card_sent(void);
/// The device is through with it.
void card_finish(uint16_t head);
/// How many descriptors came back to the stack since the last time.
unsigned card_done(void);
/// Whether there was an interrupt that the driver hasn't seen.
bool card_interrupts(void);
/// Interrupts of the receive queue, and of the transmit queue, so far.
unsigned card_rx_interrupts(void);
unsigned card_tx_interrupts(void);
/// The used ring's index of a queue, for devices that lie.
uint16_t *card_used_index(unsigned queue);

#endif
