#include <message.h>
#include <resea/malloc.h>
#include <string.h>

#include "device.h"

STATIC_ASSERT(USB_CONTROL_DATA + USB_CONTROL_MAX <= PAGE_SIZE, "a request and its data are a page");

static void start_next(struct usb_device *device) {
    struct request *request = LIST_FRONT(&device->requests, struct request, next);
    struct usb_transfer *transfer = &device->transfer;
    if (request == NULL || transfer->busy) {
        return;
    }

    uint8_t *buf = dma_buf(transfer->dma);
    memcpy(buf, request->setup, USB_SETUP_LEN);
    transfer->in = (request->setup[0] & USB_DIR_IN) != 0;
    transfer->length = (uint32_t) (request->setup[6] | request->setup[7] << 8);
    if (!transfer->in) {
        memcpy(&buf[USB_CONTROL_DATA], request->data, transfer->length);
    }
    dma_flush_write(transfer->dma);
    usb_submit(transfer);
}

static void done(struct usb_transfer *transfer) {
    struct usb_device *device = transfer->context;
    struct request *request = LIST_POP_FRONT(&device->requests, struct request, next);
    uint32_t id = device->id;
    if (transfer->in) {
        dma_flush_read(transfer->dma);
    }
    request->done(request->context, transfer->status, &dma_buf(transfer->dma)[USB_CONTROL_DATA],
                  transfer->actual);
    // What was answered may be why the device is no more.
    if (device_find(id) == device) {
        start_next(device);
    }
    free(request);
}

error_t control_init(struct usb_device *device) {
    list_init(&device->requests);
    struct usb_transfer *transfer = &device->transfer;
    transfer->dma = dma_alloc(PAGE_SIZE, DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    transfer->endpoint = &device->control;
    transfer->timeout = (msec_t) USB_CONTROL_TIMEOUT_MS;
    transfer->done = done;
    transfer->context = device;
    return (transfer->dma != NULL) ? OK : ERR_NO_MEMORY;
}

void control_close(struct usb_device *device) {
    usb_cancel(&device->transfer);
    LIST_FOR_EACH (request, &device->requests, struct request, next) {
        list_remove(&request->next);
        request->done(request->context, ERR_NOT_FOUND, NULL, 0);
        free(request);
    }
    dma_free(device->transfer.dma);
}

error_t control_request(struct usb_device *device, const struct setup *setup, const void *data,
                        void (*done)(void *context, error_t status, const uint8_t *data,
                                     uint32_t actual),
                        void *context) {
    if (setup->length > USB_CONTROL_MAX) {
        return ERR_TOO_LARGE;
    }
    size_t out = (setup->type & USB_DIR_IN) ? 0 : setup->length;
    struct request *request = malloc(sizeof(*request) + out);
    if (request == NULL) {
        return ERR_NO_MEMORY;
    }

    *request = (struct request){
        .device = device,
        .done = done,
        .context = context,
        .setup = {setup->type, setup->request, (uint8_t) setup->value,
                  (uint8_t) (setup->value >> 8), (uint8_t) setup->index,
                  (uint8_t) (setup->index >> 8), (uint8_t) setup->length,
                  (uint8_t) (setup->length >> 8)},
    };
    if (out > 0) {
        memcpy(request->data, data, out);
    }
    list_push_back(&device->requests, &request->next);
    start_next(device);
    return OK;
}
