#ifndef __TRANSFER_H__
#define __TRANSFER_H__

/// \file
/// The requests of `socket` that move data.

#include <message.h>
#include <types.h>

/// What an answer carries lies here, SOCKET_DATA_MAX bytes, until the answer is sent.
extern uint8_t *transfer_buffer;
error_t transfer_init(void) __mustuse;

error_t transfer_send(task_t client, struct socket_send_fields *request,
                      struct socket_send_reply_fields *reply);
error_t transfer_send_pages(task_t client, struct socket_send_pages_fields *request,
                            struct socket_send_pages_reply_fields *reply);
error_t transfer_recv(task_t client, struct socket_recv_fields *request,
                      struct socket_recv_reply_fields *reply);
error_t transfer_recv_pages(task_t client, struct socket_recv_pages_fields *request,
                            struct socket_recv_pages_reply_fields *reply);
error_t transfer_send_to(task_t client, struct socket_send_to_fields *request);
error_t transfer_send_datagram(task_t client, struct socket_send_datagram_fields *request);
error_t transfer_recv_from(task_t client, struct socket_recv_from_fields *request,
                           struct socket_recv_from_reply_fields *reply);
error_t transfer_events(task_t client, struct socket_events_reply_fields *reply);
error_t transfer_next(task_t client, struct socket_next_fields *request,
                      struct socket_next_reply_fields *reply);

#endif
