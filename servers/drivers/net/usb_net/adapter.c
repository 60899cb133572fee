#include "adapter.h"

#include <resea/malloc.h>
#include <string.h>

#define ENDPOINT_IN 0x80

/// Frames on their way to the device, and what the interrupt pipe has said.
#define OUT_COUNT    8
#define OUT_LEN      (FRAME_MAX + HEADER_MAX)
#define STATUS_COUNT 2
#define STATUS_LEN   16

static const struct chip *const chips[] = {&ecm_chip, &lan95xx_chip, &lan78xx_chip};
#define NUM_CHIPS (sizeof(chips) / sizeof(chips[0]))

error_t adapter_match(task_t usb) {
    error_t err = OK;
    for (unsigned i = 0; i < NUM_CHIPS && IS_OK(err); i++) {
        err = call_usb_match(usb, chips[i]->class, chips[i]->subclass, ANY, chips[i]->vendor_id,
                             chips[i]->product_id);
    }
    return err;
}

static bool is_kind(const struct chip *chip, const struct usb_attached_fields *attached) {
    return (chip->class == ANY || chip->class == attached->class)
           && (chip->subclass == ANY || chip->subclass == attached->subclass)
           && (chip->vendor_id == ANY || chip->vendor_id == attached->vendor_id)
           && (chip->product_id == ANY || chip->product_id == attached->product_id);
}

static const struct chip *find_chip(const struct usb_attached_fields *attached) {
    for (unsigned i = 0; i < NUM_CHIPS; i++) {
        if (is_kind(chips[i], attached)) {
            return chips[i];
        }
    }
    return NULL;
}

bool adapter_address_is_valid(const uint8_t mac[6]) {
    static const uint8_t none[6];
    return memcmp(mac, none, sizeof(none)) != 0 && (mac[0] & 1) == 0;
}

// ---- Requests -----------------------------------------------------------------------------------

error_t adapter_ask(struct adapter *adapter, uint8_t type, uint8_t request, uint16_t value,
                    uint16_t index, void *buf, size_t len) {
    void *data;
    size_t data_len;
    error_t err = call_usb_control_in(adapter->usb, adapter->control, type, request, value, index,
                                      (uint16_t) len, &data, &data_len);
    if (IS_ERROR(err)) {
        return err;
    }
    if (data_len >= len) {
        memcpy(buf, data, len);
    } else {
        err = ERR_NOT_ACCEPTABLE;
    }
    free(data);
    return err;
}

error_t adapter_tell(struct adapter *adapter, uint8_t type, uint8_t request, uint16_t value,
                     uint16_t index, const void *data, size_t len) {
    return call_usb_control_out(adapter->usb, adapter->control, type, request, value, index, data,
                                len);
}

// ---- Pipes --------------------------------------------------------------------------------------

/// Opens the pipes of an interface that this driver has a use for, and that aren't open yet.
static error_t __mustuse open_pipes(struct adapter *adapter, handle_t handle) {
    const struct chip *chip = adapter->chip;
    enum usb_transfer_type type;
    uint8_t address;
    uint16_t max_packet;
    uint32_t period;
    error_t err = OK;
    for (unsigned i = 0; IS_OK(err); i++) {
        err = call_usb_endpoint(adapter->usb, handle, i, &type, &address, &max_packet, &period);
        if (IS_ERROR(err)) {
            return (err == ERR_END) ? OK : err;
        }
        bool in = address & ENDPOINT_IN;
        if (type == USB_TRANSFER_TYPE_BULK && in && adapter->in_pipe == 0) {
            err = call_usb_open(adapter->usb, handle, address, chip->in_len, chip->in_count,
                                &adapter->in_pipe, &adapter->in_packet);
        } else if (type == USB_TRANSFER_TYPE_BULK && !in && adapter->out_pipe == 0) {
            err = call_usb_open(adapter->usb, handle, address, OUT_LEN, OUT_COUNT,
                                &adapter->out_pipe, &adapter->out_packet);
        } else if (type == USB_TRANSFER_TYPE_INTERRUPT && in && adapter->status_pipe == 0) {
            err = call_usb_open(adapter->usb, handle, address, STATUS_LEN, STATUS_COUNT,
                                &adapter->status_pipe, &max_packet);
        }
    }
    return err;
}

static error_t __mustuse open_all_pipes(struct adapter *adapter) {
    error_t err = open_pipes(adapter, adapter->control);
    if (IS_OK(err) && adapter->data != 0) {
        err = open_pipes(adapter, adapter->data);
    }
    if (IS_OK(err)
        && (adapter->in_pipe == 0 || adapter->out_pipe == 0 || adapter->in_packet == 0
            || adapter->out_packet == 0)) {
        err = ERR_NOT_ACCEPTABLE;
    }
    return err;
}

static error_t __mustuse listen(struct adapter *adapter) {
    error_t err = call_usb_listen(adapter->usb, adapter->in_pipe);
    if (IS_OK(err) && adapter->status_pipe != 0) {
        err = call_usb_listen(adapter->usb, adapter->status_pipe);
    }
    return err;
}

error_t adapter_send(struct adapter *adapter, const void *data, size_t len) {
    error_t err = call_usb_write(adapter->usb, adapter->out_pipe, false, data, len);
    if (IS_OK(err) && len % adapter->out_packet == 0) {
        err = call_usb_write(adapter->usb, adapter->out_pipe, false, NULL, 0);
    }
    return IS_ERROR(err) ? adapter_recover(adapter, adapter->out_pipe, err) : OK;
}

error_t adapter_recover(struct adapter *adapter, handle_t pipe, error_t failure) {
    error_t err = OK;
    if (failure == ERR_NOT_ACCEPTABLE) {
        err = call_usb_clear_halt(adapter->usb, pipe);
    }
    if (IS_OK(err) && pipe != adapter->out_pipe) {
        err = call_usb_listen(adapter->usb, pipe);
    }
    return err;
}

// ---- All of it ----------------------------------------------------------------------------------

error_t adapter_open(struct adapter *adapter, task_t usb,
                     const struct usb_attached_fields *attached) {
    *adapter = (struct adapter){
        .chip = find_chip(attached),
        .usb = usb,
        .control = attached->handle,
        .interface = attached->interface,
        // It can't be faster than the bus. It may say later how fast it is.
        .mbit_per_s = (attached->speed == USB_SPEED_HIGH) ? 480 : 12,
    };
    error_t err = (adapter->chip != NULL) ? adapter->chip->open(adapter) : ERR_NOT_FOUND;
    if (IS_OK(err)) {
        err = open_all_pipes(adapter);
    }
    if (IS_OK(err)) {
        err = listen(adapter);
    }
    if (IS_OK(err)) {
        err = adapter->chip->start(adapter);
    }
    if (IS_ERROR(err)) {
        adapter_close(adapter);
    }
    return err;
}

void adapter_close(struct adapter *adapter) {
    // A server that has ended needs nothing back.
    if (adapter->data != 0) {
        (void) call_usb_detach(adapter->usb, adapter->data);
    }
    (void) call_usb_detach(adapter->usb, adapter->control);
    *adapter = (struct adapter){.chip = NULL};
}
