#ifndef __USB_HC_H__
#define __USB_HC_H__

/// \file
/// What a host controller's driver does for the rest. It calls usb_complete and usb_root_changed; all else goes
/// the other way.

#include <driver/dma.h>
#include <list.h>
#include <message.h>
#include <types.h>
#include <usb/spec.h>
#include <usb/timer.h>

/// Where a control transfer's data is in its buffer, behind the eight bytes of the request: on a cache line of its own.
#define USB_CONTROL_DATA 64

#define USB_HC_WORDS 12

/// One end of what a transfer moves through.
struct usb_endpoint {
    uint8_t address;  ///< The device's.
    uint8_t number;
    bool in;          ///< Not of control endpoints.
    uint8_t type;     ///< enum usb_transfer_type.
    uint8_t speed;    ///< enum usb_speed.
    uint8_t packets;  ///< Periodic high-speed ones: in a microframe, 1 to 3.
    uint16_t max_packet;
    msec_t period;  ///< Of interrupt endpoints.
    /// The hub that translates between high speed and the device's, and its port; 0: none needed.
    uint8_t hub_address;
    uint8_t hub_port;
    /// The controller's: bit n is set if endpoint n's next packet is DATA1. It outlives pipes.
    uint16_t *toggles;
};

struct usb_transfer {
    struct usb_endpoint *endpoint;
    dma_t dma;
    /// Control: the direction of its data. Its request is at the buffer's beginning, its data at USB_CONTROL_DATA.
    bool in;
    uint32_t length;  ///< To be moved. If the device sends (bulk, interrupt): whole packets.
    uint32_t actual;  ///< That have been.
    error_t status;   ///< ERR_NOT_ACCEPTABLE (STALL), ERR_IO, ERR_TRY_AGAIN (time is up).
    msec_t timeout;   ///< 0: none.
    /// Called once it has ended, but not from usb_submit nor usb_cancel.
    void (*done)(struct usb_transfer *transfer);
    void *context;
    bool busy;  ///< From usb_submit to `done` or usb_cancel.
    struct usb_timer timer;
    /// The controller's own: zeroes before the first time.
    uint64_t hc[USB_HC_WORDS];
};

struct usb_hc {
    /// A root port, from 1. Neither blocks.
    unsigned num_ports;
    bool (*port_connected)(unsigned port);
    /// Holds the reset signal, or takes it away.
    void (*port_reset)(unsigned port, bool on);
    /// Whether the port is enabled after its reset, and the device's speed.
    bool (*port_enabled)(unsigned port, uint8_t *speed);
    /// Begins a transfer, or queues it.
    void (*start)(struct usb_transfer *transfer);
    /// Ends it at once: from now on the device uses its buffer no more.
    void (*cancel)(struct usb_transfer *transfer);
};

/// Begins a transfer. `done` will be called.
void usb_submit(struct usb_transfer *transfer);
/// Ends a transfer, if it is busy; `done` is not called.
void usb_cancel(struct usb_transfer *transfer);

/// The controller has ended a transfer; `actual` bytes have been moved.
void usb_complete(struct usb_transfer *transfer, error_t status, uint32_t actual);
/// Something was plugged into a root port, or out of it, or the port has disabled itself.
void usb_root_changed(unsigned port);

#endif
