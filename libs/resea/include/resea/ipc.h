#ifndef __RESEA_IPC_H__
#define __RESEA_IPC_H__

/// \file
/// Message passing. See <message.h> for what a message is and idl/ for the messages there are.
///
/// Payloads of `bytes` and `str` fields travel with the message: to send one, point the field at it
/// (of a `str`, its length is found by the library). What is received has been malloc'ed for the
/// program, who frees it. A received `str` always ends with a NUL; its *_len counts the NUL, too.
///
/// A message with a `pages` or `writable_pages` field lends pages to whom it calls, until that answers: see
/// docs/loans.md. It can be sent by a call only. What is received is not to be freed.
///
/// Errors of all calls that send: ERR_INVALID_TASK (there is no such task, or no longer),
/// ERR_NOT_PERMITTED (the board manifest doesn't allow calling it), ERR_INVALID_ARG (a malformed
/// message, or one to oneself), ERR_TOO_LARGE (the out-of-line payload is longer than CONFIG_OOL_MAX
/// or than the receiver has memory for; the loan is longer than the receiver takes), ERR_IN_USE (the receiver
/// has another loan), ERR_ABORTED (the peer died while we waited for it).

#include <message.h>
#include <types.h>

/// Blocks until dst receives the message.
error_t ipc_send(task_t dst, struct message *m);
/// Sends a message that is nothing but an error.
error_t ipc_send_err(task_t dst, error_t error);
/// ERR_WOULD_BLOCK if dst isn't waiting for a message.
error_t ipc_send_noblock(task_t dst, struct message *m);

/// Blocks until a message arrives.
///
/// From IPC_ANY it takes messages from everybody, and notifications (NOTIFICATIONS_MSG), and succeeds
/// even if the message is an error that somebody sent: m->type is negative then. The payload's bytes
/// that the message doesn't use are zero.
///
/// From one task it takes that task's messages only; an error that it sent is returned.
error_t ipc_recv(task_t src, struct message *m);
/// The same from anybody, for a server that has something else to do: ERR_WOULD_BLOCK if there is no message and no
/// notification now; m is unchanged then. Only with an MMU.
error_t ipc_recv_noblock(struct message *m);

/// Answers a task that waits for us in ipc_call. Never blocks; does nothing if it doesn't wait.
/// Data that is too large for it is turned into the error ERR_TOO_LARGE.
void ipc_reply(task_t dst, struct message *m);
void ipc_reply_err(task_t dst, error_t error);

/// Adds the NOTIFY_* bits to those that wait for dst. Never blocks.
error_t ipc_notify(task_t dst, notifications_t notifications);

/// Sends m to dst and waits for the answer, which is stored in m. An error that dst answers with is
/// returned.
error_t ipc_call(task_t dst, struct message *m);

/// From now on this task takes loans of up to `len` bytes: see docs/loans.md. Costs as many bytes of memory, which
/// are what is in the window while there is no loan in it. ERR_TOO_LARGE: more than CONFIG_LOAN_MAX.
/// ERR_ALREADY_EXISTS: it does so already. ERR_UNAVAILABLE: without an MMU nobody can lend pages.
error_t ipc_accept_loans(size_t len);

/// Answers dst, then receives from anybody: the same as ipc_reply and ipc_recv(IPC_ANY), but in one
/// system call. If dst is 0 or m->type is DONT_REPLY, it answers nobody.
error_t ipc_replyrecv(task_t dst, struct message *m);

/// Makes this task known under the name. ERR_NOT_PERMITTED: the manifest's `provides` doesn't list it.
/// ERR_ALREADY_EXISTS: another task serves it.
error_t ipc_serve(const char *name);
/// Blocks until a task serves the name; returns its ID, or an error.
task_t ipc_lookup(const char *name);

/// Calls the task that serves `name`, and finds the new one if that task was restarted. *cached keeps
/// its ID from call to call; it starts out as 0.
///
/// The call is carried out once at most. It is repeated only if the kernel says that the message never
/// reached anybody (ERR_INVALID_TASK). ERR_ABORTED is returned, as the server may have done what it
/// was asked for before it died; *cached is forgotten, so that the next call goes to the new server.
error_t ipc_call_service(const char *name, task_t *cached, struct message *m);
/// The same for a request that does no harm if it is carried out twice (a read, say): repeats it after
/// ERR_ABORTED, too. ERR_ABORTED is returned if servers keep on dying of it.
error_t ipc_call_service_idempotent(const char *name, task_t *cached, struct message *m);

/// What a server does with a message that it doesn't know: frees the payload and answers with
/// ERR_NOT_ACCEPTABLE if somebody waits for an answer. Errors and answers are dropped silently.
void discard_unknown_message(struct message *m);

#endif
