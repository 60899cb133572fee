#ifndef __VM_TEST_SYSTEM_H__
#define __VM_TEST_SYSTEM_H__

/// \file
/// All of vm but its message loop, on a kernel that is not one. There is one system for all tests:
/// each has to leave it as it was, which system_end() checks.

#include <message.h>
#include <types.h>

/// Two tasks that always run.
extern task_t disk, shell;
/// Free pages while nothing but the system runs.
extern size_t free_at_rest;

/// Sends a message whose payload is none, or a str.
struct message call_with(task_t src, struct message m, const char *str);
struct message call(task_t src, struct message m);
task_t launch_by(task_t src, const char *cmdline);
int serve(task_t src, const char *name);
struct message lookup(task_t src, const char *name);
void end_with(task_t task, int exception, int status);
void leave(task_t task);
error_t fault(task_t task, vaddr_t vaddr, unsigned flags);
int watch_by(task_t src, task_t task);
struct message pull(task_t src);
struct message alloc_pages(task_t src, size_t num_pages, paddr_t paddr);
int free_pages(task_t src, vaddr_t vaddr, size_t num_pages);
struct message offer_pages(task_t src, task_t dst, vaddr_t vaddr, size_t num_pages, bool writable);
struct message accept_pages(task_t src, handle_t offer);
task_t find_by_name(const char *name);
/// What each test begins and ends with.
void system_begin(void);
void system_end(void);

#endif
