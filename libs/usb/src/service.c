#include "service.h"

#include <idl_client.h>
#include <idl_server.h>
#include <resea/handle.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <string.h>

/// More than that is no driver's business; the longest list of tasks that can be.
#define CLIENTS_MAX 64

static list_t clients;

// ---- Clients and events -------------------------------------------------------------------------

static struct client *find_client(task_t task) {
    LIST_FOR_EACH (client, &clients, struct client, next) {
        if (client->task == task) {
            return client;
        }
    }
    return NULL;
}

struct client *client_of(task_t task) {
    struct client *client = find_client(task);
    if (client != NULL) {
        return client;
    }
    if (list_len(&clients) >= CLIENTS_MAX || (client = malloc(sizeof(*client))) == NULL) {
        return NULL;
    }
    bzero(client, sizeof(*client));
    client->task = task;
    list_init(&client->events);
    if (IS_ERROR(call_task_watch(INIT_TASK, task))) {
        free(client);
        return NULL;
    }
    list_push_back(&clients, &client->next);
    return client;
}

void event_push(struct client *client, struct event *event) {
    if (list_is_linked(&event->next)) {
        return;
    }
    bool first = list_is_empty(&client->events);
    list_push_back(&client->events, &event->next);
    if (first) {
        // One that is gone is cleared away when vm says so.
        (void) ipc_notify(client->task, NOTIFY_ASYNC);
    }
}

void event_drop(struct event *event) {
    if (list_is_linked(&event->next)) {
        list_remove(&event->next);
    }
}

void usb_service_pull(struct message *m) {
    task_t task = m->src;
    struct client *client = find_client(task);
    struct event *event =
        (client != NULL) ? LIST_POP_FRONT(&client->events, struct event, next) : NULL;
    if (event == NULL) {
        ipc_reply_err(task, ERR_EMPTY);
        return;
    }
    bzero(m, sizeof(*m));
    event->compose(event, m);
}

// ---- Claims -------------------------------------------------------------------------------------

static void *object_get(task_t client, handle_t handle, enum object_kind kind) {
    enum object_kind *object = handle_get(client, handle);
    return (object != NULL && *object == kind) ? object : NULL;
}

struct claim *claim_get(task_t client, handle_t handle) {
    struct claim *claim = object_get(client, handle, OBJECT_CLAIM);
    return (claim != NULL && claim->device != NULL) ? claim : NULL;
}

struct pipe *pipe_get(task_t client, handle_t handle) {
    return object_get(client, handle, OBJECT_PIPE);
}

struct claim *claim_of(struct usb_device *device, uint8_t interface) {
    LIST_FOR_EACH (claim, &device->claims, struct claim, next) {
        if (claim->interface == interface) {
            return claim;
        }
    }
    return NULL;
}

static bool more(struct client *client) {
    return !list_is_empty(&client->events);
}

static void compose_attached(struct event *event, struct message *m) {
    struct claim *claim = LIST_CONTAINER(event, struct claim, attached);
    struct usb_device *device = claim->device;
    const struct usb_interface_info *interface = device_interface(device, claim->interface);
    m->type = USB_ATTACHED_MSG;
    m->usb_attached = (struct usb_attached_fields){
        .handle = claim->handle,
        .device = device->id,
        .vendor_id = device->info.vendor_id,
        .product_id = device->info.product_id,
        .interface = claim->interface,
        .class = interface->class,
        .subclass = interface->subclass,
        .protocol = interface->protocol,
        .speed = device->speed,
        .more = more(claim->client),
    };
    ipc_reply(claim->client->task, m);
}

static void compose_detached(struct event *event, struct message *m) {
    struct claim *claim = LIST_CONTAINER(event, struct claim, detached);
    m->type = USB_DETACHED_MSG;
    m->usb_detached.handle = claim->handle;
    m->usb_detached.more = more(claim->client);
    ipc_reply(claim->client->task, m);
}

static error_t __mustuse claim_interface(struct client *client, struct usb_device *device,
                                         uint8_t interface, struct claim **claim) {
    struct claim *new = malloc(sizeof(*new));
    if (new == NULL) {
        return ERR_NO_MEMORY;
    }
    bzero(new, sizeof(*new));
    new->kind = OBJECT_CLAIM;
    new->device = device;
    new->client = client;
    new->interface = interface;
    new->attached.compose = compose_attached;
    new->detached.compose = compose_detached;
    list_init(&new->pipes);
    new->handle = handle_alloc(client->task);
    if (IS_ERROR(new->handle)) {
        free(new);
        return ERR_NO_MEMORY;
    }
    (void) handle_set(client->task, new->handle, new);
    list_push_back(&device->claims, &new->next);
    *claim = new;
    return OK;
}

/// The handle is the caller's to free.
static void free_claim(struct claim *claim) {
    event_drop(&claim->attached);
    event_drop(&claim->detached);
    if (claim->device != NULL) {
        list_remove(&claim->next);
    }
    free(claim);
}

void service_device_gone(struct usb_device *device) {
    struct claim *claim;
    while ((claim = LIST_POP_FRONT(&device->claims, struct claim, next)) != NULL) {
        pipes_close(claim);
        claim->device = NULL;
        if (list_is_linked(&claim->attached.next)) {
            // It never got to know the device.
            event_drop(&claim->attached);
            handle_free(claim->client->task, claim->handle);
            free_claim(claim);
        } else {
            event_push(claim->client, &claim->detached);
        }
    }
}

// ---- Matching -----------------------------------------------------------------------------------

static bool is_match(const struct match *match, const struct usb_device *device,
                     const struct usb_interface_info *interface) {
    return (match->class == -1 || match->class == interface->class)
           && (match->subclass == -1 || match->subclass == interface->subclass)
           && (match->protocol == -1 || match->protocol == interface->protocol)
           && (match->vendor_id == -1 || match->vendor_id == device->info.vendor_id)
           && (match->product_id == -1 || match->product_id == device->info.product_id);
}

static struct client *client_for(const struct usb_device *device,
                                 const struct usb_interface_info *interface) {
    LIST_FOR_EACH (client, &clients, struct client, next) {
        for (int i = 0; i < client->num_matches; i++) {
            if (is_match(&client->matches[i], device, interface)) {
                return client;
            }
        }
    }
    return NULL;
}

static bool is_wanted(const struct usb_device *device, const struct usb_configuration *config) {
    for (int i = 0; i < config->num_interfaces; i++) {
        if (config->interfaces[i].alternate == 0
            && client_for(device, &config->interfaces[i]) != NULL) {
            return true;
        }
    }
    return false;
}

struct usb_configuration *service_choose(struct usb_device *device) {
    for (int i = 0; i < device->num_configs && !device_is_hub(device); i++) {
        if (is_wanted(device, device->configs[i])) {
            return device->configs[i];
        }
    }
    return device->configs[0];
}

static void switched(struct usb_device *device, error_t err) {
    if (IS_OK(err)) {
        service_offer(device);
    }
}

/// To a configuration that a driver waits for, unless that is the one which is set.
static void switch_configuration(struct usb_device *device) {
    struct usb_configuration *config = service_choose(device);
    if (list_is_empty(&device->claims) && config != device->config && is_wanted(device, config)
        && !is_wanted(device, device->config)) {
        // What goes wrong is that the device can't be used.
        (void) device_configure(device, config, switched);
    }
}

void service_offer(struct usb_device *device) {
    const struct usb_configuration *config = device->config;
    if (config == NULL || device->configuring || device_is_hub(device)) {
        return;
    }
    switch_configuration(device);
    if (device->configuring) {
        return;
    }
    for (int i = 0; i < config->num_interfaces; i++) {
        const struct usb_interface_info *interface = &config->interfaces[i];
        struct client *client = client_for(device, interface);
        struct claim *claim;
        if (interface->alternate == 0 && client != NULL
            && claim_of(device, interface->number) == NULL
            && IS_OK(claim_interface(client, device, interface->number, &claim))) {
            event_push(client, &claim->attached);
        }
    }
}

static error_t match(task_t task, struct usb_match_fields *request) {
    struct client *client = client_of(task);
    if (client == NULL || client->num_matches == MATCHES_MAX) {
        return ERR_NO_MEMORY;
    }
    client->matches[client->num_matches++] = (struct match){
        .class = request->class,
        .subclass = request->subclass,
        .protocol = request->protocol,
        .vendor_id = request->vendor_id,
        .product_id = request->product_id,
    };
    LIST_FOR_EACH (device, &usb_devices, struct usb_device, next) {
        service_offer(device);
    }
    return OK;
}

error_t service_claim(task_t task, struct usb_claim_fields *request,
                      struct usb_claim_reply_fields *reply) {
    struct claim *claim = claim_get(task, request->handle);
    if (claim == NULL || device_interface(claim->device, request->interface) == NULL) {
        return ERR_NOT_FOUND;
    }
    if (claim_of(claim->device, request->interface) != NULL) {
        return ERR_IN_USE;
    }
    struct claim *other;
    error_t err = claim_interface(claim->client, claim->device, request->interface, &other);
    if (IS_OK(err)) {
        reply->handle = other->handle;
    }
    return err;
}

static error_t detach(task_t task, struct usb_detach_fields *request) {
    struct claim *claim = object_get(task, request->handle, OBJECT_CLAIM);
    if (claim == NULL) {
        return ERR_NOT_FOUND;
    }
    pipes_close(claim);
    handle_free(task, request->handle);
    free_claim(claim);
    return OK;
}

// ---- The end of a client ------------------------------------------------------------------------

/// Its pipes have handles of their own: they are told of as well, before their claim or after it.
static void free_object(void *object) {
    if (*(enum object_kind *) object == OBJECT_PIPE) {
        struct pipe *pipe = object;
        if (list_is_linked(&pipe->next)) {
            list_remove(&pipe->next);
        }
        pipe_free(pipe);
        return;
    }
    struct claim *claim = object;
    LIST_FOR_EACH (pipe, &claim->pipes, struct pipe, next) {
        list_remove(&pipe->next);
    }
    free_claim(claim);
}

void usb_service_exited(task_t task) {
    struct client *client = find_client(task);
    if (client == NULL) {
        return;
    }
    list_remove(&client->next);
    handle_free_all(task, free_object);
    free(client);
    LIST_FOR_EACH (device, &usb_devices, struct usb_device, next) {
        service_offer(device);
    }
}

// ---- Messages -----------------------------------------------------------------------------------

static const struct usb_ops ops = {
    .match = match,
    .claim = service_claim,
    .detach = detach,
    .control_in = service_control_in,
    .control_out = service_control_out,
    .configuration = service_configuration,
    .endpoint = service_endpoint,
    .set_alternate = service_set_alternate,
    .open = service_open,
    .close = service_close,
    .read = service_read,
    .listen = service_listen,
    .write = service_write,
    .clear_halt = service_clear_halt,
    .device = service_device,
    .interface = service_interface,
    .text = service_text,
};

void service_init(void) {
    list_init(&clients);
}

bool usb_service_dispatch(struct message *m) {
    return usb_dispatch(&ops, m);
}
