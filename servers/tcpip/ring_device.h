#ifndef __RING_DEVICE_H__
#define __RING_DEVICE_H__

/// \file
/// Network devices whose drivers share rings with the server: see idl/net.idl and <net/port.h>.

#include <message.h>
#include <types.h>

error_t ring_device_attach(task_t driver, struct net_attach_fields *request,
                           struct net_attach_reply_fields *reply);
/// ERR_NOT_FOUND: the task has no device.
error_t ring_device_link(task_t driver, bool link, uint32_t mbit_per_s);
/// The driver has ended.
void ring_device_lost(task_t driver);

/// A driver has notified: something may have come.
void ring_devices_look(void);
/// Takes what the drivers have written into their rings, so much at a time, if there may be something. True: there is
/// more.
bool ring_devices_run(void);
/// Takes back the memory of frames that were sent. It waits for the next frame otherwise.
void ring_devices_collect(void);
/// Notifies drivers that wait of what is new for them.
void ring_devices_kick(void);
/// Before waiting for messages. False: something has come meanwhile.
bool ring_devices_wait(void);

#endif
