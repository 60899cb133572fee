#include "driver.h"

#include <idl_client.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "adapter.h"

/// Frames that are sent before it is looked at what has come.
#define SEND_MAX 8
/// So many failures of a pipe in a row are the adapter's end.
#define FAILURES_MAX 8

static task_t usb;
static struct adapter adapter;
static bool pending;   ///< The USB server has something for us.
static bool attached;  ///< net_device_run has begun.
static unsigned failures;

/// A buffer that the next frame goes to.
static struct net_piece buffer;
static uint32_t buffer_place;
static bool has_buffer;

struct net_device driver_device = {.max_pieces = NET_PIECES_MAX, .mtu = FRAME_MAX - NET_HEADER_LEN};

static bool is_there(void) {
    return adapter.chip != NULL;
}

void driver_begin(void) {
    usb = ipc_lookup("usb");
    ASSERT_OK(usb);
    ASSERT_OK(call_task_watch(INIT_TASK, usb));
    error_t err = adapter_match(usb);
    if (IS_ERROR(err) && err != ERR_ABORTED && err != ERR_INVALID_TASK) {
        PANIC("no adapters: %s", error_name(err));
    }
    // What the server before has sent will not be pulled.
    pending = true;
}

// ---- The adapter comes, changes and goes --------------------------------------------------------

static void update_link(void) {
    bool link = is_there() && adapter.link;
    if (link != driver_device.link || adapter.mbit_per_s != driver_device.mbit_per_s) {
        driver_device.link = link;
        driver_device.mbit_per_s = adapter.mbit_per_s;
        net_device_link_changed(&driver_device);
    }
}

static void take_adapter(const struct usb_attached_fields *fields) {
    if (is_there()) {
        WARN("there is an adapter: %04x:%04x isn't used", fields->vendor_id, fields->product_id);
        (void) call_usb_detach(usb, fields->handle);
        return;
    }
    error_t err = adapter_open(&adapter, usb, fields);
    if (IS_ERROR(err)) {
        WARN("adapter %04x:%04x can't be used: %s", fields->vendor_id, fields->product_id,
             error_name(err));
        return;
    }
    failures = 0;
    driver_device.name = adapter.chip->name;
    memcpy(driver_device.mac, adapter.mac, sizeof(adapter.mac));
    driver_device.link = adapter.link;
    driver_device.mbit_per_s = adapter.mbit_per_s;
    if (attached) {
        net_device_reattach(&driver_device);
    }
}

static void lose_adapter(void) {
    adapter_close(&adapter);
    update_link();
}

static void handle_failure(handle_t pipe, error_t failure) {
    failures++;
    if (failures >= FAILURES_MAX || IS_ERROR(adapter_recover(&adapter, pipe, failure))) {
        // One that is unplugged fails, too: its `detached` says so.
        DEBUG("the adapter fails: %s", error_name(failure));
        lose_adapter();
    }
}

// ---- Frames that have come ----------------------------------------------------------------------

static bool find_buffer(void) {
    has_buffer = has_buffer || net_buffer_next(&buffer, &buffer_place);
    return has_buffer;
}

static void take_frame(const struct span *frame) {
    bool is_frame = frame->len >= FRAME_MIN && frame->len <= FRAME_MAX;
    if (!is_frame || !find_buffer()) {
        net_rx_dropped(1);
        return;
    }
    memcpy(buffer.buf, frame->data, frame->len);
    net_rx_add(buffer_place, (uint16_t) frame->len, 0);
    has_buffer = false;
}

static void take_transfer(const void *data, size_t len) {
    struct span transfer = {data, len};
    struct span frame;
    while (adapter.chip->next_frame(&transfer, &frame)) {
        take_frame(&frame);
    }
}

static void handle_received(const struct usb_received_fields *fields) {
    if (!is_there() || (fields->pipe != adapter.in_pipe && fields->pipe != adapter.status_pipe)) {
        return;
    }
    if (IS_ERROR(fields->status)) {
        handle_failure(fields->pipe, fields->status);
        return;
    }
    failures = 0;
    if (fields->pipe == adapter.status_pipe) {
        adapter.chip->status(&adapter, fields->data, fields->data_len);
        update_link();
    } else if (attached) {
        take_transfer(fields->data, fields->data_len);
    }
}

// ---- The USB server's messages ------------------------------------------------------------------

static void pull_event(void) {
    struct message m;
    bzero(&m, sizeof(m));
    pending = false;
    if (IS_ERROR(async_recv(usb, &m))) {
        return;
    }
    switch (m.type) {
    case USB_ATTACHED_MSG:
        pending = m.usb_attached.more;
        take_adapter(&m.usb_attached);
        break;
    case USB_DETACHED_MSG:
        pending = m.usb_detached.more;
        if (is_there()
            && (m.usb_detached.handle == adapter.control
                || m.usb_detached.handle == adapter.data)) {
            lose_adapter();
        } else {
            (void) call_usb_detach(usb, m.usb_detached.handle);
        }
        break;
    case USB_RECEIVED_MSG:
        pending = m.usb_received.more;
        handle_received(&m.usb_received);
        free((void *) m.usb_received.data);
        break;
    default:
        discard_unknown_message(&m);
    }
}

static void handle_exit(task_t task) {
    if (task == usb) {
        if (is_there()) {
            lose_adapter();
        }
        driver_begin();
    }
}

bool driver_find_adapter(void) {
    struct message m;
    bzero(&m, sizeof(m));
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        if (m.type == TASK_EXITED_MSG) {
            handle_exit(m.task_exited.task);
        }
    }
    do {
        pull_event();
    } while (pending && !is_there());
    return is_there();
}

static void message(struct net_device *device __unused, struct message *m) {
    if (m->type == TASK_EXITED_MSG) {
        handle_exit(m->task_exited.task);
    } else if (m->type == NOTIFICATIONS_MSG) {
        pending = pending || (m->notifications.data & NOTIFY_ASYNC);
    } else {
        discard_unknown_message(m);
    }
}

// ---- Frames to be sent --------------------------------------------------------------------------

/// Sends a frame, from where it is if it is in one piece with nothing in front.
static void send_frame(const struct net_frame *frame) {
    static uint8_t copy[HEADER_MAX + FRAME_MAX];
    size_t len = adapter.chip->header_len;
    const uint8_t *data = copy;
    if (frame->num_pieces == 1 && len == 0) {
        data = frame->pieces[0].buf;
        len = frame->len;
    } else {
        if (len > 0) {
            adapter.chip->put_header(copy, frame->len);
        }
        for (unsigned i = 0; i < frame->num_pieces; i++) {
            memcpy(&copy[len], frame->pieces[i].buf, frame->pieces[i].len);
            len += frame->pieces[i].len;
        }
    }
    if (IS_ERROR(adapter_send(&adapter, data, len))) {
        DEBUG("a frame is lost");
    }
}

/// Returns true if there may be more. Without a link, frames are lost as without a cable.
static bool send_frames(void) {
    struct net_frame frame;
    for (unsigned i = 0; i < SEND_MAX; i++) {
        if (!net_tx_next(&frame)) {
            return false;
        }
        if (is_there() && adapter.link) {
            send_frame(&frame);
        }
        net_tx_done(frame.num_descs);
    }
    return true;
}

// ---- The driver ---------------------------------------------------------------------------------

static error_t start(struct net_device *device __unused) {
    attached = true;
    pending = true;
    return OK;
}

/// While there is no buffer, frames stay with the USB server, and then with the adapter.
static bool work(struct net_device *device __unused) {
    for (unsigned i = 0; pending && i < SEND_MAX && find_buffer(); i++) {
        pull_event();
    }
    bool more = send_frames();
    return more || (pending && find_buffer());
}

static void stop(struct net_device *device __unused) {
    // The USB doesn't reach the pool: this was all that knows it.
    has_buffer = false;
}

const struct net_driver driver = {.start = start, .work = work, .stop = stop, .message = message};
