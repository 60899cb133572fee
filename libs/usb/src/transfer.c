#include <message.h>

#include "device.h"

const struct usb_hc *usb_hc;

static void finish(struct usb_transfer *transfer, error_t status, uint32_t actual) {
    usb_timer_stop(&transfer->timer);
    transfer->busy = false;
    transfer->status = status;
    transfer->actual = actual;
    transfer->done(transfer);
}

static void time_is_up(struct usb_timer *timer) {
    struct usb_transfer *transfer = LIST_CONTAINER(timer, struct usb_transfer, timer);
    usb_hc->cancel(transfer);
    finish(transfer, ERR_TRY_AGAIN, 0);
}

void usb_submit(struct usb_transfer *transfer) {
    transfer->busy = true;
    transfer->actual = 0;
    if (transfer->timeout > 0) {
        usb_timer_start(&transfer->timer, transfer->timeout, time_is_up);
    }
    usb_hc->start(transfer);
}

void usb_cancel(struct usb_transfer *transfer) {
    if (transfer->busy) {
        usb_timer_stop(&transfer->timer);
        transfer->busy = false;
        usb_hc->cancel(transfer);
    }
}

void usb_complete(struct usb_transfer *transfer, error_t status, uint32_t actual) {
    // A controller that says it has moved more than it was told to isn't believed.
    finish(transfer, status, MIN(actual, transfer->length));
}
