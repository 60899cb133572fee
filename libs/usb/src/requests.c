/// \file
/// Requests of drivers that the device answers. Meanwhile device, claim and driver may all go away: only their numbers
/// are kept.

#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <string.h>

#include "service.h"

struct call {
    task_t client;
    struct usb_device *device;
    handle_t handle;  ///< Of a pipe or a claim, or 0.
    uint8_t alternate;
};

/// Sends a request on behalf of a client, who is answered when it is done.
static error_t send(const struct call *call, const struct setup *setup, const void *data,
                    void (*done)(void *, error_t, const uint8_t *, uint32_t)) {
    struct call *copy = malloc(sizeof(*copy));
    if (copy == NULL) {
        return ERR_NO_MEMORY;
    }
    *copy = *call;
    error_t err = control_request(call->device, setup, data, done, copy);
    if (IS_ERROR(err)) {
        free(copy);
        return err;
    }
    return DONT_REPLY;
}

static void answer(const struct call *call, int type, error_t status) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = IS_ERROR(status) ? status : type;
    ipc_reply(call->client, &m);
}

// ---- Control transfers --------------------------------------------------------------------------

/// Whether the endpoint belongs to one of the client's interfaces.
static bool owns_endpoint(task_t client, struct usb_device *device, uint8_t address) {
    LIST_FOR_EACH (claim, &device->claims, struct claim, next) {
        const struct usb_interface_info *interface = device_interface(device, claim->interface);
        for (int i = 0; claim->client->task == client && i < interface->num_endpoints; i++) {
            if (device->config->endpoints[interface->first_endpoint + i].address == address) {
                return true;
            }
        }
    }
    return false;
}

static bool is_permitted(task_t client, struct usb_device *device, uint8_t type, uint16_t index) {
    bool standard = (type & USB_TYPE_MASK) == USB_TYPE_STANDARD;
    // All standard requests by which the host tells something are about what the server keeps track of.
    if (standard && !(type & USB_DIR_IN)) {
        return false;
    }
    struct claim *claim;
    switch (type & USB_RECIPIENT_MASK) {
    case USB_INTERFACE:
        claim = claim_of(device, (uint8_t) index);
        return claim != NULL && claim->client->task == client;
    case USB_ENDPOINT:
        return owns_endpoint(client, device, (uint8_t) index);
    default:
        return true;
    }
}

static void control_in_done(void *context, error_t status, const uint8_t *data, uint32_t actual) {
    struct call *call = context;
    struct message m;
    bzero(&m, sizeof(m));
    m.type = IS_ERROR(status) ? status : USB_CONTROL_IN_REPLY_MSG;
    m.usb_control_in_reply.data = data;
    m.usb_control_in_reply.data_len = actual;
    ipc_reply(call->client, &m);
    free(call);
}

static void control_out_done(void *context, error_t status, const uint8_t *data __unused,
                             uint32_t actual __unused) {
    answer(context, USB_CONTROL_OUT_REPLY_MSG, status);
    free(context);
}

error_t service_control_in(task_t client, struct usb_control_in_fields *request,
                           struct usb_control_in_reply_fields *reply __unused) {
    struct claim *claim = claim_get(client, request->handle);
    if (claim == NULL) {
        return ERR_NOT_FOUND;
    }
    if (!(request->request_type & USB_DIR_IN)) {
        return ERR_INVALID_ARG;
    }
    if (!is_permitted(client, claim->device, request->request_type, request->index)) {
        return ERR_NOT_PERMITTED;
    }
    struct setup setup = {request->request_type, request->request, request->value, request->index,
                          request->length};
    struct call call = {.client = client, .device = claim->device};
    return send(&call, &setup, NULL, control_in_done);
}

error_t service_control_out(task_t client, struct usb_control_out_fields *request) {
    struct claim *claim = claim_get(client, request->handle);
    if (claim == NULL) {
        return ERR_NOT_FOUND;
    }
    if (request->request_type & USB_DIR_IN) {
        return ERR_INVALID_ARG;
    }
    if (!is_permitted(client, claim->device, request->request_type, request->index)) {
        return ERR_NOT_PERMITTED;
    }
    struct setup setup = {request->request_type, request->request, request->value, request->index,
                          (uint16_t) request->data_len};
    struct call call = {.client = client, .device = claim->device};
    return send(&call, &setup, request->data, control_out_done);
}

// ---- Alternate settings and halts ---------------------------------------------------------------

static void reset_toggle(struct usb_device *device, uint8_t address) {
    uint16_t bit = (uint16_t) (1u << (address & 0x0f));
    if (address & USB_DIR_IN) {
        device->toggles_in &= (uint16_t) ~bit;
    } else {
        device->toggles_out &= (uint16_t) ~bit;
    }
}

static void alternate_set(void *context, error_t status, const uint8_t *data __unused,
                          uint32_t actual __unused) {
    struct call *call = context;
    struct claim *claim = claim_get(call->client, call->handle);
    if (IS_OK(status) && claim != NULL && claim->device == call->device) {
        struct usb_device *device = claim->device;
        pipes_close(claim);
        device->alternates[claim->interface] = call->alternate;
        const struct usb_interface_info *interface = device_interface(device, claim->interface);
        for (int i = 0; i < interface->num_endpoints; i++) {
            reset_toggle(device, device->config->endpoints[interface->first_endpoint + i].address);
        }
    }
    answer(call, USB_SET_ALTERNATE_REPLY_MSG, status);
    free(call);
}

error_t service_set_alternate(task_t client, struct usb_set_alternate_fields *request) {
    struct claim *claim = claim_get(client, request->handle);
    if (claim == NULL) {
        return ERR_NOT_FOUND;
    }
    struct usb_device *device = claim->device;
    if (usb_find_interface(device->config, claim->interface, request->alternate) == NULL) {
        return ERR_INVALID_ARG;
    }
    pipes_close(claim);
    struct setup setup = {.type = USB_INTERFACE,
                          .request = USB_SET_INTERFACE,
                          .value = request->alternate,
                          .index = claim->interface};
    struct call call = {.client = client,
                        .device = device,
                        .handle = request->handle,
                        .alternate = request->alternate};
    return send(&call, &setup, NULL, alternate_set);
}

static void halt_cleared(void *context, error_t status, const uint8_t *data __unused,
                         uint32_t actual __unused) {
    struct call *call = context;
    struct pipe *pipe = pipe_get(call->client, call->handle);
    if (IS_OK(status) && pipe != NULL && pipe->claim->device == call->device) {
        reset_toggle(call->device,
                     (uint8_t) (pipe->endpoint.number | (pipe->endpoint.in ? USB_DIR_IN : 0)));
    }
    answer(call, USB_CLEAR_HALT_REPLY_MSG, status);
    free(call);
}

error_t service_clear_halt(task_t client, struct usb_clear_halt_fields *request) {
    struct pipe *pipe = pipe_get(client, request->pipe);
    if (pipe == NULL) {
        return ERR_NOT_FOUND;
    }
    struct setup setup = {
        .type = USB_ENDPOINT,
        .request = USB_CLEAR_FEATURE,
        .value = USB_ENDPOINT_HALT,
        .index = (uint16_t) (pipe->endpoint.number | (pipe->endpoint.in ? USB_DIR_IN : 0)),
    };
    struct call call = {.client = client, .device = pipe->claim->device, .handle = request->pipe};
    return send(&call, &setup, NULL, halt_cleared);
}

// ---- Strings ------------------------------------------------------------------------------------

static void got_text(void *context, error_t status, const uint8_t *data, uint32_t actual) {
    struct call *call = context;
    // Three bytes of UTF-8 are the most that two bytes can become.
    char text[USB_STRING_MAX + 1];
    if (IS_OK(status)) {
        status = usb_parse_string(data, actual, text, sizeof(text));
    }
    struct message m;
    bzero(&m, sizeof(m));
    m.type = IS_ERROR(status) ? status : USB_TEXT_REPLY_MSG;
    m.usb_text_reply.text = text;
    ipc_reply(call->client, &m);
    free(call);
}

error_t service_text(task_t client, struct usb_text_fields *request,
                     struct usb_text_reply_fields *reply __unused) {
    struct usb_device *device = device_find(request->device);
    if (device == NULL || device->config == NULL) {
        return ERR_NOT_FOUND;
    }
    uint8_t number = device->info.strings[request->text];
    if (number == 0) {
        return ERR_EMPTY;
    }
    struct setup setup = {
        .type = USB_DIR_IN,
        .request = USB_GET_DESCRIPTOR,
        .value = (uint16_t) (USB_DESC_STRING << 8 | number),
        .index = USB_ENGLISH,
        .length = USB_STRING_MAX,
    };
    struct call call = {.client = client, .device = device};
    return send(&call, &setup, NULL, got_text);
}
