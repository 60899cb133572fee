#ifndef __WORLD_H__
#define __WORLD_H__

/// \file
/// A world for the server's tests: vm as far as it is needed, time, and tasks that call the server. The protocols are
/// the real ones; connections go over the loopback interface.

#include <idl_client.h>
#include <message.h>
#include <types.h>

#define SERVER 10
/// Tasks of tests: clients and drivers, up to WORLD_TASKS of them.
#define CLIENT      20
#define OTHER       21
#define DRIVER      22
#define WORLD_TASKS 64

/// Who makes the calls that follow: call_socket_open(SERVER, …).
extern task_t world_self;
/// The name that tasks have, as programs of vm's.
extern const char *world_name;
/// Fails the next so many calls of vm's with ERR_NO_MEMORY.
extern unsigned world_vm_failures;

/// Starts the server, once, and ends what tasks of the test before have.
void world_begin(void);
/// Lets time pass, during which the server does what it has to.
void world_pass(unsigned ms);
/// A task ends; the server is told.
void world_end_task(task_t task);

/// What a task was notified of since it was asked last.
notifications_t world_notifications(task_t task);
/// Whether the last call of `task` was not answered at once; and its answer, once there is one: its type is INVALID_MSG
/// until then. The payload is the caller's.
struct message world_late_reply(task_t task);
/// Sends a oneway.
void world_send(task_t src, struct message *m);
/// The next event of a task: 0: none. Of the socket `handle` alone; other events are dropped.
unsigned world_events(task_t task, handle_t handle);

/// Memory that was offered.
void *world_accept(handle_t offer);
unsigned world_num_free_buffers(void);

#endif
