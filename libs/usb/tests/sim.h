#ifndef __SIM_H__
#define __SIM_H__

/// \file
/// A simulated controller with devices, and drivers, for the unit tests of the library. Time passes in sim_run only.

#include <message.h>
#include <usb/bus.h>

#define SIM_PORTS      8
#define SIM_TASKS      8
#define SIM_PACKETS    8
#define SIM_PACKET_MAX 64

struct sim_device {
    uint8_t speed;
    uint8_t device[18];
    uint8_t num_configs;
    uint8_t configs[2][256];
    size_t config_lens[2];
    unsigned num_ports;  ///< More than 0: a hub.
    struct sim_device *ports[SIM_PORTS];
    uint16_t status[SIM_PORTS + 1], changes[SIM_PORTS + 1];
    // What it does wrong.
    bool silent;   ///< Doesn't answer.
    bool halted;   ///< Its endpoints answer STALL.
    int short_by;  ///< Bytes that its descriptors lack.
    // What it was told.
    uint8_t address;
    uint8_t configuration;
    uint8_t alternate;
    int num_resets;
    // What endpoint 0x81 sends, and endpoint 0x02 got last.
    uint8_t packets[SIM_PACKETS][SIM_PACKET_MAX];
    size_t packet_lens[SIM_PACKETS];
    int num_packets;
    bool deaf;  ///< Endpoint 0x02 takes nothing.
    uint8_t written[SIM_PACKET_MAX];
    size_t written_len;
    int num_written;
};

/// Everything begins anew, with nothing plugged in.
void sim_init(void);
/// Ends it: nothing may be left of devices and drivers.
void sim_exit(void);
void sim_run(unsigned ms);
/// Plugs a device into a hub, or (NULL) into the controller; or nothing in place of what was there.
void sim_plug(struct sim_device *hub, unsigned port, struct sim_device *device);

/// A keyboard, a hub, and something with two configurations: class 10 with pipes 0x81 and 0x02 in the first one, class 20
/// in the second.
struct sim_device sim_keyboard(uint8_t speed);
struct sim_device sim_hub(uint8_t speed, unsigned ports);
struct sim_device sim_gadget(void);
/// Lets a device send a packet by endpoint 0x81.
void sim_send(struct sim_device *device, const void *data, size_t len);

/// A driver's call: the error, the reply's type, or DONT_REPLY as long as there is no answer.
int sim_call(task_t task, struct message *m);
/// A driver pulls. The same.
int sim_pull(task_t task, struct message *m);
/// The answer that has come to a driver since its call; DONT_REPLY: none. A payload is good until the next one.
int sim_answer(task_t task, struct message *m);
int sim_notified(task_t task);
/// Matches a class.
void sim_match(task_t task, int class);
/// How many devices there are, as told by usb.device.
int sim_num_devices(void);
struct usb_device_reply_fields sim_device_at(unsigned index);
/// The endpoint of the last transfer to an address.
struct usb_endpoint sim_endpoint(uint8_t address);
/// Bytes of DMA memory that are allocated.
size_t sim_dma(void);

#endif
