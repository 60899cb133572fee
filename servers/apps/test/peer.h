#ifndef __PEER_H__
#define __PEER_H__

/// \file
/// test_peer, the program on the other side: a task of its own, with rights of its own, that vm
/// launched. It does what it is told (idl/test.idl), and answers benchmark.nop with the value plus 1.

#include <message.h>
#include <types.h>

/// The test_peer that serves; launched if there is none.
task_t peer_task(void);
/// The peer that vm starts after the last one has crashed.
task_t peer_restarted(void);
/// Tells it to do something, and returns what it answers, or an error.
int peer_do(task_t peer, int action, int arg);
/// Lets the peer exit, so that peer_task launches a new one.
void peer_end(void);

/// A new test_peer that this program has launched: only the launcher may kill it.
task_t peer_fresh(void);
/// Has vm kill a fresh peer, whatever it is doing. There is none afterwards.
void peer_kill(void);

/// The message that it answers whenever it serves.
struct message nop_message(int value);

/// Fills memory with a pattern.
void payload_fill(uint8_t *data, size_t len);
/// Sends a payload to the peer, and checks what comes back.
void payload_echo(const uint8_t *data, size_t len);

/// Launches a program and returns its task ID or an error.
task_t launch(const char *cmdline);
/// Launches a program and waits until it exits. Returns its status, or an error.
int run_program(const char *cmdline);
/// Waits until a launched task exits. Returns its status as run_program does.
int wait_exit(task_t task);

#endif
