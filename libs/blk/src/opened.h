#ifndef __OPENED_H__
#define __OPENED_H__

/// \file
/// What clients have opened. Each has room for one request: a client waits for the answer before it asks for more.

#include <blk.h>
#include <idl_server.h>
#include <types.h>

/// Bytes that one request can move.
#define TRANSFER_MAX (4u * 1024 * 1024)

void opened_init(void);

/// Takes the buffer and gives the client a handle. See idl/blk.idl for this and the others.
error_t __mustuse opened_open(task_t client, const struct blk_open_fields *request,
                              struct blk_open_reply_fields *reply);
/// Those that answer later return DONT_REPLY. ERR_IN_USE: there is a request under way with that handle.
error_t __mustuse opened_close(task_t client, handle_t handle);
error_t __mustuse opened_transfer(task_t client, handle_t handle, unsigned flags,
                                  const struct blk_segment *segments, size_t num_segments,
                                  int reply_type);
error_t __mustuse opened_flush(task_t client, handle_t handle);

/// A client has ended. Its buffers are kept until the device is done with them.
void opened_forget_task(task_t client);

#endif
