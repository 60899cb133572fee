#include "keyboards.h"

#include <config.h>
#include <idl_client.h>
#include <keyboard.h>
#include <list.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <string.h>

// Device Class Definition for Human Interface Devices 1.11, section 7.2: requests to the interface.
#define HID_REQUEST      0x21
#define HID_SET_REPORT   0x09
#define HID_SET_IDLE     0x0a
#define HID_SET_PROTOCOL 0x0b
#define PROTOCOL_BOOT    0
/// Section 7.2.1: wValue of a report without a number.
#define REPORT_OUTPUT (2 << 8)

/// Reports that are kept while this task is busy.
#define BUFFERS 4
/// The longest report that is taken: some keyboards go on behind the eight bytes of the boot protocol.
#define REPORT_MAX 64

#define ENDPOINT_IN 0x80

struct device {
    list_elem_t next;
    handle_t handle;
    handle_t pipe;
    uint8_t interface;
    unsigned leds;
    uint64_t repeat_at;  ///< 0: nothing is to be repeated.
    struct keyboard keyboard;
};

static task_t usb;
static list_t devices = {&devices, &devices};

void keyboards_init(task_t server) {
    usb = server;
    // Those of a server that has ended.
    struct device *device;
    while ((device = LIST_POP_FRONT(&devices, struct device, next)) != NULL) {
        free(device);
    }
}

static void type(const char *text, size_t len) {
    if (len > 0 && IS_ERROR(sys_console_feed(text, len))) {
        // Nobody reads what is typed: as with any keyboard, what is typed ahead of too much is lost.
        WARN_DBG("%d characters are lost", (int) len);
    }
}

// ---- Setting up ---------------------------------------------------------------------------------

/// The endpoint by which the keyboard tells its keys; 0: there is none.
static uint8_t find_endpoint(handle_t handle) {
    enum usb_transfer_type kind;
    uint8_t address;
    uint16_t max_packet;
    uint32_t period;
    for (unsigned i = 0;
         IS_OK(call_usb_endpoint(usb, handle, i, &kind, &address, &max_packet, &period)); i++) {
        if (kind == USB_TRANSFER_TYPE_INTERRUPT && (address & ENDPOINT_IN)) {
            return address;
        }
    }
    return 0;
}

static error_t __mustuse request(const struct device *device, uint8_t what, uint16_t value,
                                 const void *data, size_t len) {
    return call_usb_control_out(usb, device->handle, HID_REQUEST, what, value, device->interface,
                                data, len);
}

static void show_leds(struct device *device) {
    unsigned leds = keyboard_leds(&device->keyboard);
    if (leds != device->leds) {
        uint8_t report = (uint8_t) leds;
        device->leds = leds;
        if (IS_ERROR(request(device, HID_SET_REPORT, REPORT_OUTPUT, &report, sizeof(report)))) {
            WARN_DBG("the keyboard has no lamps");
        }
    }
}

static error_t __mustuse set_up(struct device *device) {
    uint8_t endpoint = find_endpoint(device->handle);
    if (endpoint == 0) {
        return ERR_NOT_FOUND;
    }
    error_t err = request(device, HID_SET_PROTOCOL, PROTOCOL_BOOT, NULL, 0);
    if (IS_ERROR(err)) {
        return err;
    }
    // To tell changes only; one that can't goes on repeating reports, which changes nothing.
    (void) request(device, HID_SET_IDLE, 0, NULL, 0);
    uint16_t max_packet;
    err = call_usb_open(usb, device->handle, endpoint, REPORT_LEN, BUFFERS, &device->pipe,
                        &max_packet);
    if (IS_ERROR(err)) {
        return err;
    }
    show_leds(device);
    return call_usb_listen(usb, device->pipe);
}

void keyboards_attached(const struct usb_attached_fields *attached) {
    struct device *device = malloc(sizeof(*device));
    if (device == NULL) {
        (void) call_usb_detach(usb, attached->handle);
        return;
    }
    *device = (struct device){
        .handle = attached->handle,
        .interface = attached->interface,
        // Whatever the lamps show, it isn't this.
        .leds = ~0u,
    };
    keyboard_init(&device->keyboard, keyboard_layout(CONFIG_KEYBOARD_LAYOUT));
    list_push_back(&devices, &device->next);
    error_t err = set_up(device);
    if (IS_ERROR(err)) {
        WARN("keyboard %04x:%04x can't be used: %s", attached->vendor_id, attached->product_id,
             error_name(err));
        keyboards_detached(device->handle);
    }
}

void keyboards_detached(handle_t handle) {
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->handle == handle) {
            list_remove(&device->next);
            free(device);
        }
    }
    (void) call_usb_detach(usb, handle);
}

// ---- Keys ---------------------------------------------------------------------------------------

static struct device *find_pipe(handle_t pipe) {
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->pipe == pipe) {
            return device;
        }
    }
    return NULL;
}

/// After an error nothing more comes before it is listened to again.
static void recover(struct device *device, error_t status) {
    keyboard_release_all(&device->keyboard);
    device->repeat_at = 0;
    if (status == ERR_NOT_ACCEPTABLE && IS_ERROR(call_usb_clear_halt(usb, device->pipe))) {
        return;
    }
    (void) call_usb_listen(usb, device->pipe);
}

void keyboards_received(const struct usb_received_fields *received) {
    struct device *device = find_pipe(received->pipe);
    if (device == NULL) {
        return;
    }
    if (IS_ERROR(received->status)) {
        recover(device, received->status);
        return;
    }
    char text[KEYBOARD_REPORT_TEXT_MAX];
    size_t len = keyboard_report(&device->keyboard, received->data, received->data_len, text);
    type(text, len);
    if (len > 0) {
        device->repeat_at = timer_uptime() + KEYBOARD_REPEAT_FIRST_MS;
    }
    show_leds(device);
}

void keyboards_repeat(uint64_t now) {
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->repeat_at == 0 || device->repeat_at > now) {
            continue;
        }
        char text[KEYBOARD_TEXT_MAX];
        size_t len = keyboard_repeat(&device->keyboard, text);
        type(text, len);
        // From now on, not from when it was due: a keyboard must not catch up on what it has missed.
        device->repeat_at = (len > 0) ? now + KEYBOARD_REPEAT_MS : 0;
    }
}

uint64_t keyboards_next_repeat(void) {
    uint64_t next = 0;
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->repeat_at != 0 && (next == 0 || device->repeat_at < next)) {
            next = device->repeat_at;
        }
    }
    return next;
}
