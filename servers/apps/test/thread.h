#ifndef __THREAD_H__
#define __THREAD_H__

/// \file
/// Tasks that the test program itself creates and pages. They run functions of this program in
/// address spaces of their own, into which the test, being their pager, maps its own pages (without an
/// MMU, there is but one address space): so they share its code and its variables. What they say and do to the kernel is raw system calls: the
/// library's state belongs to the main task.

#include <kernel_abi.h>
#include <message.h>
#include <types.h>

#include "scale.h"

#define THREAD_STACK_PAGES 3

/// Exit status of a thread that runs to its end.
#define THREAD_DONE 42

void threads_init(void);
/// Destroys the threads that are left.
void threads_end(void);

/// Creates a thread that doesn't run yet. `flags` are TASK_* flags. Never fails: it ends the test
/// run if it must.
task_t thread_create(void (*run)(void), unsigned flags);
/// Creates a thread and lets it run, with the test's own priority: it runs when the test blocks, or
/// has had its time slice.
task_t thread_start(void (*run)(void));
/// The same, one priority below the test's own.
task_t thread_start_below(void (*run)(void));
/// Counts the threads there are, from 0; below MAX_THREADS.
unsigned thread_index(task_t tid);
/// Destroys a thread.
void thread_destroy(task_t tid);

/// Receives a message from `src`, which may be IPC_ANY, and pages the threads meanwhile. Only the
/// faults that have no page in this program are returned, as PAGE_FAULT_MSG.
error_t __mustuse thread_recv(task_t src, struct message *m);
/// The same after an answer to `dst`: ipc_replyrecv.
error_t __mustuse thread_replyrecv(task_t dst, struct message *m);
/// Keeps a message of a thread's for the next thread_recv. False if it is no thread's.
bool thread_keep(const struct message *m);
/// Blocks for a while, so that less urgent tasks run. No message may come meanwhile.
void thread_rest(msec_t ms);
/// Takes a page of this program, or of the thread's stack, into the thread, if there is one.
bool thread_page_in(task_t tid, vaddr_t vaddr, unsigned fault);
/// Maps the page at `src` of this program; brings the kernel's pages as it asks for them.
error_t __mustuse thread_map(task_t tid, vaddr_t vaddr, vaddr_t src, unsigned flags);
/// Lets a thread go on after a page fault.
void thread_resume(task_t tid);
/// Serves the page faults of threads that wait for it, without taking any message.
void thread_serve_faults(void);
/// Waits until a thread is in a state (pages it meanwhile, but takes no message from it). False,
/// and a failed check, if that takes more than seconds.
bool thread_wait_state(task_t tid, enum task_state state);
/// Waits until a thread neither runs nor is about to. True if it waits to receive.
bool thread_wait_blocked(task_t tid);
/// Waits until a thread exits, and checks that it did so with THREAD_DONE.
void thread_join(task_t tid);
/// Waits for the exception that stops a thread. Checks that it is `exception`; `value` may be NULL.
void thread_expect_exception(task_t tid, int exception, int *value);

/// The state of any task: TASK_UNUSED if it is gone.
enum task_state state_of(task_t tid);
/// The ID of the first task with this name, or 0.
task_t find_task(const char *name);
int own_priority(void);

// What threads use.

/// The system call, with no library around it and no receive buffer.
error_t raw_ipc(task_t dst, task_t src, struct message *m, unsigned flags);
/// The main task.
extern task_t main_task;

// From the machine's part (machine_<arch>.c).

/// Where threads start: sets up the stack as C wants it and calls thread_main.
void thread_entry(void);
__noreturn void thread_main(void);

#endif
