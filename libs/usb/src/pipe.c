/// \file
/// Pipes: the transfers of bulk and interrupt endpoints. What a device sends is copied once, from the buffer into
/// which it came to the driver, by the kernel.

#include <resea/handle.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <string.h>

#include "service.h"

static void start_next(struct pipe *pipe);

static struct slot *slot_at(struct pipe *pipe, unsigned index) {
    return &pipe->slots[(pipe->first + index) % pipe->num_slots];
}

static void submit(struct pipe *pipe, struct slot *slot, uint32_t length, msec_t timeout) {
    pipe->transfer.dma = slot->dma;
    pipe->transfer.length = length;
    pipe->transfer.timeout = timeout;
    usb_submit(&pipe->transfer);
}

// ---- What the device sends ----------------------------------------------------------------------

static uint32_t whole_packets(const struct pipe *pipe, uint32_t length) {
    uint32_t packet = pipe->endpoint.max_packet;
    return (length + packet - 1) / packet * packet;
}

static void answer_read(struct pipe *pipe, error_t status, uint32_t actual) {
    struct message m;
    bzero(&m, sizeof(m));
    if (IS_OK(status) && actual > pipe->read_len) {
        status = ERR_IO;
    }
    m.type = USB_READ_REPLY_MSG;
    m.usb_read_reply.data = dma_buf(pipe->slots[0].dma);
    m.usb_read_reply.data_len = actual;
    if (IS_ERROR(status)) {
        m.type = status;
    }
    task_t reader = pipe->reader;
    pipe->reader = 0;
    ipc_reply(reader, &m);
}

static void compose_received(struct event *event, struct message *m) {
    struct pipe *pipe = LIST_CONTAINER(event, struct pipe, received);
    struct client *client = pipe->claim->client;
    struct slot *slot = slot_at(pipe, 0);
    pipe->first = (pipe->first + 1) % pipe->num_slots;
    pipe->num_used--;
    if (pipe->num_used > 0) {
        event_push(client, event);
    }

    m->type = USB_RECEIVED_MSG;
    m->usb_received.pipe = pipe->handle;
    m->usb_received.status = slot->status;
    m->usb_received.data = dma_buf(slot->dma);
    m->usb_received.data_len = slot->length;
    m->usb_received.more = !list_is_empty(&client->events);
    ipc_reply(client->task, m);
    // The kernel has copied it.
    start_next(pipe);
}

static void received(struct pipe *pipe) {
    struct usb_transfer *transfer = &pipe->transfer;
    if (IS_OK(transfer->status)) {
        dma_flush_read(transfer->dma);
    }
    if (!pipe->listening) {
        answer_read(pipe, transfer->status, transfer->actual);
        return;
    }
    struct slot *slot = slot_at(pipe, pipe->num_used);
    slot->length = IS_OK(transfer->status) ? transfer->actual : 0;
    slot->status = transfer->status;
    pipe->num_used++;
    pipe->listening = IS_OK(transfer->status);
    event_push(pipe->claim->client, &pipe->received);
    start_next(pipe);
}

// ---- What is sent -------------------------------------------------------------------------------

static void queue_write(struct pipe *pipe, task_t waiter, const void *data, size_t len) {
    struct slot *slot = slot_at(pipe, pipe->num_used);
    if (len > 0) {
        memcpy(dma_buf(slot->dma), data, len);
        dma_flush_write(slot->dma);
    }
    slot->length = (uint32_t) len;
    slot->waiter = waiter;
    pipe->num_used++;
}

static void forget_writer(struct pipe *pipe) {
    free((void *) pipe->write_data);
    pipe->write_data = NULL;
    pipe->writer = 0;
}

static void reply_write(task_t task, error_t status) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = IS_ERROR(status) ? status : USB_WRITE_REPLY_MSG;
    ipc_reply(task, &m);
}

/// There is a slot for the write that waits for one.
static void admit_writer(struct pipe *pipe) {
    task_t writer = pipe->writer;
    if (writer == 0) {
        return;
    }
    queue_write(pipe, pipe->writer_waits ? writer : 0, pipe->write_data, pipe->write_len);
    bool waits = pipe->writer_waits;
    forget_writer(pipe);
    if (!waits) {
        reply_write(writer, OK);
    }
}

/// What has failed is told to who waits for it, or else to the next one. What was to follow isn't sent: it would
/// be taken for what is missing.
static void drop_writes(struct pipe *pipe, error_t status) {
    bool told = false;
    for (; pipe->num_used > 0; pipe->num_used--) {
        struct slot *slot = slot_at(pipe, 0);
        if (slot->waiter != 0) {
            reply_write(slot->waiter, status);
            told = true;
        }
        pipe->first = (pipe->first + 1) % pipe->num_slots;
    }
    if (pipe->writer != 0) {
        reply_write(pipe->writer, status);
        forget_writer(pipe);
        told = true;
    }
    pipe->failed = told ? OK : status;
}

static void sent(struct pipe *pipe) {
    error_t status = pipe->transfer.status;
    if (IS_ERROR(status)) {
        drop_writes(pipe, status);
        return;
    }
    struct slot *slot = slot_at(pipe, 0);
    if (slot->waiter != 0) {
        reply_write(slot->waiter, OK);
    }
    pipe->first = (pipe->first + 1) % pipe->num_slots;
    pipe->num_used--;
    admit_writer(pipe);
    start_next(pipe);
}

// ---- Both ---------------------------------------------------------------------------------------

static void start_next(struct pipe *pipe) {
    if (pipe->transfer.busy) {
        return;
    }
    if (!pipe->endpoint.in && pipe->num_used > 0) {
        struct slot *slot = slot_at(pipe, 0);
        submit(pipe, slot, slot->length, (msec_t) USB_PIPE_TIMEOUT_MS);
    } else if (pipe->listening && pipe->num_used < pipe->num_slots) {
        submit(pipe, slot_at(pipe, pipe->num_used), pipe->size, 0);
    }
}

static void done(struct usb_transfer *transfer) {
    struct pipe *pipe = transfer->context;
    if (pipe->endpoint.in) {
        received(pipe);
    } else {
        sent(pipe);
    }
}

void pipe_free(struct pipe *pipe) {
    usb_cancel(&pipe->transfer);
    event_drop(&pipe->received);
    if (pipe->reader != 0) {
        ipc_reply_err(pipe->reader, ERR_NOT_FOUND);
    }
    if (!pipe->endpoint.in) {
        drop_writes(pipe, ERR_NOT_FOUND);
    }
    for (unsigned i = 0; i < pipe->num_slots; i++) {
        dma_free(pipe->slots[i].dma);
    }
    free(pipe);
}

static void close_pipe(struct pipe *pipe) {
    list_remove(&pipe->next);
    handle_free(pipe->claim->client->task, pipe->handle);
    pipe_free(pipe);
}

void pipes_close(struct claim *claim) {
    struct pipe *pipe;
    while ((pipe = LIST_FRONT(&claim->pipes, struct pipe, next)) != NULL) {
        close_pipe(pipe);
    }
}

static const struct usb_endpoint_info *find_endpoint(const struct claim *claim, uint8_t address) {
    const struct usb_configuration *config = claim->device->config;
    const struct usb_interface_info *interface = device_interface(claim->device, claim->interface);
    for (int i = 0; i < interface->num_endpoints; i++) {
        const struct usb_endpoint_info *info = &config->endpoints[interface->first_endpoint + i];
        if (info->address == address) {
            return info;
        }
    }
    return NULL;
}

static bool is_open(struct claim *claim, uint8_t address) {
    LIST_FOR_EACH (pipe, &claim->pipes, struct pipe, next) {
        if (pipe->endpoint.number == (address & 0x0f)
            && pipe->endpoint.in == ((address & USB_DIR_IN) != 0)) {
            return true;
        }
    }
    return false;
}

static error_t __mustuse alloc_slots(struct pipe *pipe, unsigned count) {
    unsigned flags = pipe->endpoint.in ? DMA_ALLOC_FROM_DEV : DMA_ALLOC_TO_DEV;
    for (; pipe->num_slots < count; pipe->num_slots++) {
        dma_t dma = dma_alloc(pipe->size, flags);
        if (dma == NULL) {
            return ERR_NO_MEMORY;
        }
        pipe->slots[pipe->num_slots].dma = dma;
    }
    pipe->handle = handle_alloc(pipe->claim->client->task);
    return IS_ERROR(pipe->handle) ? ERR_NO_MEMORY : OK;
}

static error_t __mustuse create_pipe(struct claim *claim, const struct usb_endpoint_info *info,
                                     uint32_t size, unsigned count, struct pipe **created) {
    size_t bytes = sizeof(struct pipe) + count * sizeof(struct slot);
    struct pipe *pipe = malloc(bytes);
    if (pipe == NULL) {
        return ERR_NO_MEMORY;
    }
    bzero(pipe, bytes);
    pipe->kind = OBJECT_PIPE;
    pipe->claim = claim;
    device_endpoint(claim->device, info, &pipe->endpoint);
    pipe->size = pipe->endpoint.in ? whole_packets(pipe, size) : size;
    pipe->received.compose = compose_received;
    pipe->transfer.endpoint = &pipe->endpoint;
    pipe->transfer.in = pipe->endpoint.in;
    pipe->transfer.done = done;
    pipe->transfer.context = pipe;
    error_t err = alloc_slots(pipe, count);
    if (IS_ERROR(err)) {
        pipe_free(pipe);
        return err;
    }
    (void) handle_set(claim->client->task, pipe->handle, pipe);
    list_push_back(&claim->pipes, &pipe->next);
    *created = pipe;
    return OK;
}

error_t service_open(task_t client, struct usb_open_fields *request,
                     struct usb_open_reply_fields *reply) {
    struct claim *claim = claim_get(client, request->handle);
    const struct usb_endpoint_info *info =
        (claim != NULL) ? find_endpoint(claim, request->endpoint) : NULL;
    if (info == NULL) {
        return ERR_NOT_FOUND;
    }
    if (info->type == USB_TRANSFER_TYPE_ISOCHRONOUS || info->type == USB_TRANSFER_TYPE_CONTROL) {
        return ERR_UNAVAILABLE;
    }
    if (request->size == 0 || request->size > USB_TRANSFER_MAX || request->count == 0
        || request->count > USB_BUFFERS_MAX) {
        return ERR_INVALID_ARG;
    }
    if (is_open(claim, request->endpoint)) {
        return ERR_IN_USE;
    }
    struct pipe *pipe;
    error_t err = create_pipe(claim, info, request->size, request->count, &pipe);
    if (IS_OK(err)) {
        reply->pipe = pipe->handle;
        reply->max_packet = info->max_packet;
    }
    return err;
}

error_t service_close(task_t client, struct usb_close_fields *request) {
    struct pipe *pipe = pipe_get(client, request->pipe);
    if (pipe == NULL) {
        return ERR_NOT_FOUND;
    }
    close_pipe(pipe);
    return OK;
}

error_t service_read(task_t client, struct usb_read_fields *request,
                     struct usb_read_reply_fields *reply __unused) {
    struct pipe *pipe = pipe_get(client, request->pipe);
    if (pipe == NULL || !pipe->endpoint.in) {
        return ERR_NOT_FOUND;
    }
    if (request->length > pipe->size) {
        return ERR_TOO_LARGE;
    }
    if (request->length == 0) {
        return ERR_INVALID_ARG;
    }
    // Something received and not yet pulled is in the buffers.
    if (pipe->transfer.busy || pipe->listening || pipe->num_used > 0) {
        return ERR_IN_USE;
    }
    pipe->reader = client;
    pipe->read_len = request->length;
    submit(pipe, &pipe->slots[0], whole_packets(pipe, request->length),
           (msec_t) USB_PIPE_TIMEOUT_MS);
    return DONT_REPLY;
}

error_t service_listen(task_t client, struct usb_listen_fields *request) {
    struct pipe *pipe = pipe_get(client, request->pipe);
    if (pipe == NULL || !pipe->endpoint.in) {
        return ERR_NOT_FOUND;
    }
    if (pipe->reader != 0) {
        return ERR_IN_USE;
    }
    pipe->listening = true;
    start_next(pipe);
    return OK;
}

error_t service_write(task_t client, struct usb_write_fields *request) {
    struct pipe *pipe = pipe_get(client, request->pipe);
    if (pipe == NULL || pipe->endpoint.in) {
        return ERR_NOT_FOUND;
    }
    if (request->data_len > pipe->size) {
        return ERR_TOO_LARGE;
    }
    error_t failed = pipe->failed;
    pipe->failed = OK;
    if (IS_ERROR(failed)) {
        return failed;
    }
    if (pipe->num_used == pipe->num_slots) {
        if (pipe->writer != 0) {
            return ERR_IN_USE;
        }
        pipe->writer = client;
        pipe->writer_waits = request->wait;
        pipe->write_data = request->data;
        pipe->write_len = request->data_len;
        request->data = NULL;
        return DONT_REPLY;
    }
    queue_write(pipe, request->wait ? client : 0, request->data, request->data_len);
    start_next(pipe);
    return request->wait ? DONT_REPLY : OK;
}
