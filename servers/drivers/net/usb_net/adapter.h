#ifndef __ADAPTER_H__
#define __ADAPTER_H__

/// \file
/// A network adapter on the USB, and what its kind (struct chip) does in its own way. All requests to the adapter wait
/// for it, for a second at most (USB_CONTROL_TIMEOUT_MS).

#include <idl_client.h>
#include <types.h>

/// Bytes of a frame: at least Ethernet's header, at most one that is full.
#define FRAME_MIN 14
#define FRAME_MAX 1514
/// Bytes in front of a frame that is sent, at most.
#define HEADER_MAX 8

#define ANY (-1)

struct adapter;

/// Bytes from a device.
struct span {
    const uint8_t *data;
    size_t len;
};

/// A kind of adapters.
struct chip {
    const char *name;  ///< What the device is called.
    // What `usb.match` is told.
    int class;
    int subclass;
    int vendor_id;
    int product_id;
    uint32_t in_len;    ///< Bytes of a transfer, as long as they can be.
    unsigned in_count;  ///< So many are kept while this task is busy.
    size_t header_len;  ///< Of a frame that is sent.
    /// Resets the adapter, and finds its address and, if it isn't the one that it was matched by, the interface `data`.
    error_t (*open)(struct adapter *adapter);
    /// Lets the adapter receive and send: the pipes are open. Finds out about the link.
    error_t (*start)(struct adapter *adapter);
    /// Writes what is in front of a frame of `len` bytes. NULL: nothing.
    void (*put_header)(uint8_t *header, size_t len);
    /// Takes the next frame out of a transfer. False: there is none. One that is damaged has no bytes.
    bool (*next_frame)(struct span *transfer, struct span *frame);
    /// The interrupt pipe says something: `link` and `mbit_per_s` may change.
    void (*status)(struct adapter *adapter, const uint8_t *data, size_t len);
};

extern const struct chip ecm_chip;
extern const struct chip lan78xx_chip;
extern const struct chip lan95xx_chip;

struct adapter {
    const struct chip *chip;  ///< NULL: there is none.
    task_t usb;
    handle_t control;  ///< The interface that it was matched by.
    handle_t data;     ///< The one that frames go through; 0: the same.
    uint8_t interface;
    handle_t in_pipe;
    handle_t out_pipe;
    handle_t status_pipe;  ///< 0: it has none.
    uint16_t in_packet;    ///< Bytes of a full packet.
    uint16_t out_packet;
    uint8_t mac[6];
    bool link;
    uint32_t mbit_per_s;  ///< 0: unknown.
    error_t failed;       ///< smsc.c: the first error.
};

/// Tells the server which adapters are this driver's.
error_t __mustuse adapter_match(task_t usb);
/// Makes the adapter ready to send and receive. An error leaves it closed, and the server's.
error_t __mustuse adapter_open(struct adapter *adapter, task_t usb,
                               const struct usb_attached_fields *attached);
/// Gives it back.
void adapter_close(struct adapter *adapter);

/// Requests, as the USB specification's table 9-2 has them, to the device or to the interface `control`. A device
/// that answers with fewer bytes than `len`: ERR_NOT_ACCEPTABLE.
error_t __mustuse adapter_ask(struct adapter *adapter, uint8_t type, uint8_t request,
                              uint16_t value, uint16_t index, void *buf, size_t len);
error_t __mustuse adapter_tell(struct adapter *adapter, uint8_t type, uint8_t request,
                               uint16_t value, uint16_t index, const void *data, size_t len);
/// Whether an address can be an adapter's: not all zeroes, and nobody's group.
bool adapter_address_is_valid(const uint8_t mac[6]);

/// Sends a transfer; it is padded with nothing, but ended with an empty packet if it needs one. Waits for room.
error_t __mustuse adapter_send(struct adapter *adapter, const void *data, size_t len);
/// A pipe has failed: makes it work again, if it can be.
error_t __mustuse adapter_recover(struct adapter *adapter, handle_t pipe, error_t failure);

/// Numbers as devices write them, at any address.
static inline uint16_t read_le16(const uint8_t *data) {
    return (uint16_t) (data[0] | data[1] << 8);
}

static inline uint32_t read_le32(const uint8_t *data) {
    return read_le16(data) | (uint32_t) read_le16(data + 2) << 16;
}

static inline void write_le32(uint8_t *data, uint32_t value) {
    for (unsigned i = 0; i < sizeof(value); i++) {
        data[i] = (uint8_t) (value >> (8 * i));
    }
}

#endif
