#ifndef __MESSAGE_DEVICE_H__
#define __MESSAGE_DEVICE_H__

/// \file
/// Network devices whose drivers send and get each frame as a message: see tcpip.register_device, net.rx and net.tx.

#include <message.h>
#include <types.h>

error_t message_device_register(task_t driver, const uint8_t mac[6]);
/// The driver has received a frame. Frames of others are dropped.
void message_device_receive(task_t driver, const void *frame, size_t len);
/// The driver pulls a frame. False: the task is no driver.
bool message_device_pull(task_t task);
/// ERR_NOT_FOUND: the task has no device.
error_t message_device_link(task_t driver, bool link, uint32_t mbit_per_s);
/// The driver has ended.
void message_device_lost(task_t driver);

#endif
