#ifndef __DEVICE_H__
#define __DEVICE_H__

/// \file
/// Devices and ports. Everything here goes on by callbacks: of transfers and of timers.

#include <list.h>
#include <usb/bus.h>
#include <usb/descriptor.h>

struct hub;
struct usb_device;

/// A request on its way to a device.
struct request {
    list_elem_t next;
    struct usb_device *device;
    /// `data` is good until it returns. ERR_NOT_FOUND: the device is gone, and nothing of it may be touched.
    void (*done)(void *context, error_t status, const uint8_t *data, uint32_t actual);
    void *context;
    uint8_t setup[USB_SETUP_LEN];
    uint8_t data[];  ///< What is sent.
};

enum port_state {
    PORT_EMPTY,
    PORT_DEBOUNCING,
    PORT_WAITING,  ///< For another one to be done: one device at a time has address 0.
    PORT_RESETTING,
    PORT_RECOVERING,
    PORT_ADDRESSING,  ///< Being enumerated.
    PORT_USED,
    PORT_FAILED,
};

/// A port of a hub, or of the controller.
struct port {
    struct usb_device *hub;  ///< NULL: the controller.
    uint8_t number;
    uint8_t state;  ///< enum port_state.
    uint8_t attempts;
    uint8_t speed;
    struct usb_device *device;  ///< From PORT_ADDRESSING on.
    struct usb_timer timer;
    list_elem_t next;  ///< In the queue of those that wait.
};

struct usb_device {
    list_elem_t next;
    uint32_t id;
    struct port *port;
    uint8_t address;
    uint8_t speed;
    uint8_t tier;  ///< Hubs between it and the controller.
    uint16_t toggles_in, toggles_out;
    struct usb_endpoint control;
    struct usb_transfer transfer;
    list_t requests;  ///< The first one is under way.
    struct usb_device_info info;
    int num_configs;
    struct usb_configuration *configs[USB_CONFIGURATIONS_MAX];
    struct usb_configuration *config;  ///< The one that is set; NULL: none.
    bool configuring;
    /// Of each interface number: the alternate setting.
    uint8_t alternates[256];
    list_t claims;    ///< struct claim: see service.h.
    struct hub *hub;  ///< NULL: it is none.
    // What enumeration asks for.
    struct usb_timer timer;
    int reading;  ///< The configuration.
};

extern const struct usb_hc *usb_hc;
/// Parents before children.
extern list_t usb_devices;

// ---- control.c ----

error_t __mustuse control_init(struct usb_device *device);
/// ERR_NOT_FOUND for whoever waits.
void control_close(struct usb_device *device);
struct setup {
    uint8_t type;
    uint8_t request;
    uint16_t value;
    uint16_t index;
    uint16_t length;
};
/// Queues a request; `data` is copied. ERR_NO_MEMORY, or ERR_TOO_LARGE: `done` isn't called.
error_t __mustuse control_request(struct usb_device *device, const struct setup *setup,
                                  const void *data,
                                  void (*done)(void *context, error_t status, const uint8_t *data,
                                               uint32_t actual),
                                  void *context);

// ---- port.c ----

void ports_init(void);
void port_init(struct port *port, struct usb_device *hub, uint8_t number);
/// What the port says now. Anything but what was known begins or ends something.
void port_connected(struct port *port, bool connected);
/// The port's reset is over.
void port_reset_done(struct port *port, bool enabled, uint8_t speed);
/// The device has got its address and is known, or has failed.
void port_enumerated(struct port *port, error_t err);
/// Forgets the port, and what hangs on it.
void port_close(struct port *port);

// ---- enumerate.c ----

/// Begins to ask the device that answers at address 0. port_enumerated tells the end.
error_t __mustuse enumerate_start(struct port *port);
/// Sets a configuration of the device that isn't set. `done` isn't called if the device goes away meanwhile.
error_t __mustuse device_configure(struct usb_device *device, struct usb_configuration *config,
                                   void (*done)(struct usb_device *device, error_t err));
/// The device is gone, and all that hangs on it.
void device_remove(struct usb_device *device);
struct usb_device *device_find(uint32_t id);
/// An endpoint as the controller needs it.
void device_endpoint(struct usb_device *device, const struct usb_endpoint_info *info,
                     struct usb_endpoint *endpoint);
/// The interface as it is set now; NULL: there is none.
const struct usb_interface_info *device_interface(struct usb_device *device, uint8_t number);
bool device_is_hub(const struct usb_device *device);

// ---- hub.c ----

void hub_start(struct usb_device *device);
void hub_stop(struct usb_device *device);
void hub_reset_port(struct port *port);
void hub_disable_port(struct port *port);
uint8_t hub_num_ports(const struct usb_device *device);

#endif
