#ifndef __NET_DEVICE_H__
#define __NET_DEVICE_H__

/// \file
/// Everything of a network driver but the hardware: attaching to the TCP/IP server, the rings (<net/ring.h>) and their
/// checks, doorbells, and the main loop. See docs/network-drivers.md.
///
///     static const struct net_driver driver = {.start = start, .work = work, .stop = stop};
///
///     void main(void) {
///         … take the device and reset it …
///         net_device_run(&device, &driver);
///     }
///
/// `work` is called after each interrupt and each doorbell, and does all there is to do: collects what the device has
/// finished (net_tx_done, net_rx_add), hands it new frames (net_tx_next) and new buffers (net_buffer_next), until there
/// are none or it has no room for more. A driver that leaves something because it has no room must be woken by its
/// device's interrupt when it has: no doorbell tells it.

#include <net/ring.h>
#include <types.h>

struct net_device {
    const char *name;  ///< "e1000": at most NET_NAME_LEN - 1 bytes.
    uint8_t mac[6];
    unsigned features;    ///< NET_TX_CHECKSUM and so on.
    unsigned max_pieces;  ///< Of a frame to be sent, up to NET_PIECES_MAX.
    uint32_t mtu;
    bool link;
    uint32_t mbit_per_s;  ///< 0: unknown.
    bool interrupted;     ///< The library: there was an interrupt since the last `work`.
    void *driver_data;    ///< The driver's.
};

struct net_driver {
    /// Begins: the device may use the pool's memory from now on. Called again after `stop`. An error ends the driver.
    error_t (*start)(struct net_device *device);
    /// Does what there is to do; never blocks. Returns true if it wants to be called again at once, after messages.
    bool (*work)(struct net_device *device);
    /// Makes the device leave all memory alone, at once: the server is gone, and with it what the pool has, or forgets
    /// this device (net_device_reattach). The frames and buffers that it had are forgotten.
    void (*stop)(struct net_device *device);
    /// The task's timer (<resea/timer.h>, all the driver's) has run out. NULL: it is not used.
    void (*timer)(struct net_device *device);
    /// A message that isn't the library's, an asynchronous one of a bus server's (NOTIFY_ASYNC) included, which comes as
    /// it is (NOTIFICATIONS_MSG). NULL: discarded.
    void (*message)(struct net_device *device, struct message *m);
};

/// Attaches to the server, waiting for one, and serves for ever. A server that ends is looked up again. The device has
/// been reset: what a driver had that was here before, the server takes back when this one attaches.
__noreturn void net_device_run(struct net_device *device, const struct net_driver *driver);

/// The link has come or gone: `device->link` and `mbit_per_s` are new.
void net_device_link_changed(struct net_device *device);

/// Another device has taken the place of the one that was: attaches anew with what `device` says now, as soon as `work`,
/// `timer` or `message` returns. `stop` and `start` are called.
void net_device_reattach(struct net_device *device);

// The following are for `work`, and what it calls.

/// A piece of a frame, checked.
struct net_piece {
    paddr_t paddr;
    uint8_t *buf;  ///< The same in this task's memory; others may change it at any time.
    uint16_t len;
};

/// A frame to be sent.
struct net_frame {
    unsigned num_pieces;  ///< At least 1.
    unsigned num_descs;   ///< What net_tx_done is to be told; not always the same.
    uint32_t len;         ///< All pieces together.
    /// NET_DESC_TX_CHECKSUM, NET_DESC_TX_SEGMENT: asked for only if `features` says so (of the two kinds of segments,
    /// one is enough: the driver looks which it is), and then `csum_start` and `csum_offset` are inside the frame's first
    /// piece and behind Ethernet's header. With NET_DESC_TX_SEGMENT, the first piece has `header_len` bytes, there are
    /// others, and `mss` is at least 1 and no more than the MTU allows. Without any, the four below are undefined.
    uint16_t flags;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t mss;
    uint16_t header_len;
    struct net_piece pieces[NET_PIECES_MAX];
};

/// The next frame to be sent, in order. False: there is none. It has no more pieces than max_pieces, and is no longer
/// than the MTU allows unless it is to be cut. Descriptors that are wrong are skipped.
bool net_tx_next(struct net_frame *frame);
/// Puts the frame that net_tx_next has given last back: it didn't fit, and comes again.
void net_tx_put_back(void);
/// The device is through with the frames given before, as far as `num_descs` descriptors go, oldest first.
void net_tx_done(unsigned num_descs);

/// An empty buffer of NET_BUFFER_LEN bytes for the device to write to. False: there is none now; a doorbell comes when
/// there is. `place` names it.
bool net_buffer_next(struct net_piece *buffer, uint32_t *place);
/// A piece of a frame has come. `place`: where its bytes begin, inside a buffer from net_buffer_next; `flags`:
/// NET_DESC_MORE, NET_DESC_RX_CHECKED, NET_DESC_RX_TRUSTED. All buffers come back to the server in this way; with len 0,
/// one that has nothing (the frame was damaged), which counts as dropped. The server hears of it when `work` returns.
void net_rx_add(uint32_t place, uint16_t len, uint16_t flags);
/// Counts frames that were lost in the device.
void net_rx_dropped(unsigned count);

#endif
