#ifndef __RESEA_ASYNC_H__
#define __RESEA_ASYNC_H__

/// \file
/// Asynchronous messages: the sender queues a message and notifies the receiver (NOTIFY_ASYNC), who
/// then pulls it. Two tasks can send to each other this way without a deadlock.
///
///     sender                                     receiver
///     async_send(dst, &m)     --notification-->  NOTIFICATIONS_MSG, NOTIFY_ASYNC
///     ASYNC_MSG               <----------------  async_recv(src, &m)
///     async_reply(m.src)      --the message--->

#include <config.h>
#include <message.h>
#include <types.h>

/// A receiver that doesn't pull its messages can't make the sender keep more than these.
#define ASYNC_QUEUE_MAX CONFIG_ASYNC_QUEUE

/// Queues a copy of the message (with its out-of-line payload) for dst and notifies it. Never blocks.
/// ERR_NO_MEMORY: there are ASYNC_QUEUE_MAX messages for dst already, or malloc failed. If dst is
/// gone, returns ERR_INVALID_TASK and drops what was queued for it.
error_t async_send(task_t dst, struct message *m);

/// Pulls the next message that src has for us. Blocks until src has answered. ERR_EMPTY: there is none.
error_t async_recv(task_t src, struct message *m);

/// Answers a pull (ASYNC_MSG) from dst with the first message of its queue, or with ERR_EMPTY (which
/// it returns, too). If there are more, dst is notified again. A message that can't be delivered now
/// stays in the queue. Never blocks.
error_t async_reply(task_t dst);

/// Takes all that vm has to tell of tasks that have ended (see task.watch in idl/task.idl), and calls `ended` for each: what
/// NOTIFY_ASYNC asks for in servers that are sent nothing else. Other messages of vm's are dropped.
void async_take_exits(void (*ended)(task_t task));

/// Whether nothing is queued for dst.
bool async_is_empty(task_t dst);

#endif
