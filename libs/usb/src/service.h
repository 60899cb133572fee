#ifndef __SERVICE_H__
#define __SERVICE_H__

/// \file
/// The interface `usb`: drivers, what they have of the devices, and what they are still to be told.

#include <list.h>
#include <types.h>

#include "device.h"

#define MATCHES_MAX 16

/// What a driver is for; -1: any.
struct match {
    int class;
    int subclass;
    int protocol;
    int vendor_id;
    int product_id;
};

/// Something that a driver is to be told. It is part of what it is about.
struct event {
    list_elem_t next;
    /// Composes the message. The event is out of the list; it may put itself there again.
    void (*compose)(struct event *event, struct message *m);
};

/// A driver.
struct client {
    list_elem_t next;
    task_t task;
    list_t events;
    int num_matches;
    struct match matches[MATCHES_MAX];
};

/// What handles stand for.
enum object_kind {
    OBJECT_CLAIM,
    OBJECT_PIPE
};

/// An interface that a driver has.
struct claim {
    enum object_kind kind;
    list_elem_t next;           ///< Of the device's.
    struct usb_device *device;  ///< NULL: it is gone.
    struct client *client;
    handle_t handle;
    uint8_t interface;
    list_t pipes;
    struct event attached;
    struct event detached;
};

/// A buffer of a pipe.
struct slot {
    dma_t dma;
    uint32_t length;  ///< What was received, or is to be sent.
    error_t status;
    task_t waiter;  ///< Is answered when it has been sent; 0: nobody.
};

/// A pipe has one transfer at a time; its slots are used in a circle.
struct pipe {
    enum object_kind kind;
    list_elem_t next;  ///< Of the claim's.
    struct claim *claim;
    handle_t handle;
    struct usb_endpoint endpoint;
    struct usb_transfer transfer;
    struct event received;
    bool listening;
    error_t failed;  ///< Out: what the next write is told.
    task_t reader;   ///< In: waits for an answer to `read`.
    uint32_t read_len;
    /// Out: a write that waits for a slot.
    task_t writer;
    bool writer_waits;
    const void *write_data;
    size_t write_len;
    uint32_t size;
    unsigned num_slots;
    unsigned first;  ///< In: the first that was received; out: the one that is being sent.
    unsigned num_used;
    struct slot slots[];
};

// ---- service.c ----

void service_init(void);
/// The configuration that a new device gets: the first one that a driver waits for, or simply the first.
struct usb_configuration *service_choose(struct usb_device *device);
/// Gives interfaces that nobody has to drivers that wait for them.
void service_offer(struct usb_device *device);
/// Tells the drivers of a device.
void service_device_gone(struct usb_device *device);
/// The client, whom vm is asked to watch; NULL: no memory.
struct client *client_of(task_t task);
void event_push(struct client *client, struct event *event);
void event_drop(struct event *event);
/// The object that the handle stands for, of a device that is there; NULL: none.
struct claim *claim_get(task_t client, handle_t handle);
struct pipe *pipe_get(task_t client, handle_t handle);
/// Who has an interface; NULL: nobody.
struct claim *claim_of(struct usb_device *device, uint8_t interface);

// ---- requests.c: all that asks a device and answers later ----

error_t service_claim(task_t client, struct usb_claim_fields *request,
                      struct usb_claim_reply_fields *reply);
error_t service_control_in(task_t client, struct usb_control_in_fields *request,
                           struct usb_control_in_reply_fields *reply);
error_t service_control_out(task_t client, struct usb_control_out_fields *request);
error_t service_set_alternate(task_t client, struct usb_set_alternate_fields *request);
error_t service_clear_halt(task_t client, struct usb_clear_halt_fields *request);
error_t service_text(task_t client, struct usb_text_fields *request,
                     struct usb_text_reply_fields *reply);

// ---- list.c: what there is ----

error_t service_device(task_t client, struct usb_device_fields *request,
                       struct usb_device_reply_fields *reply);
error_t service_interface(task_t client, struct usb_interface_fields *request,
                          struct usb_interface_reply_fields *reply);
error_t service_configuration(task_t client, struct usb_configuration_fields *request,
                              struct usb_configuration_reply_fields *reply);
error_t service_endpoint(task_t client, struct usb_endpoint_fields *request,
                         struct usb_endpoint_reply_fields *reply);

// ---- pipe.c ----

error_t service_open(task_t client, struct usb_open_fields *request,
                     struct usb_open_reply_fields *reply);
error_t service_close(task_t client, struct usb_close_fields *request);
error_t service_read(task_t client, struct usb_read_fields *request,
                     struct usb_read_reply_fields *reply);
error_t service_listen(task_t client, struct usb_listen_fields *request);
error_t service_write(task_t client, struct usb_write_fields *request);
/// Ends what is under way, and answers who waits with ERR_NOT_FOUND. The handle is the caller's to free.
void pipe_free(struct pipe *pipe);
/// All of them, with their handles.
void pipes_close(struct claim *claim);

#endif
