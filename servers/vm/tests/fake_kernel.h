#ifndef __VM_TEST_FAKE_KERNEL_H__
#define __VM_TEST_FAKE_KERNEL_H__

/// \file
/// As much of the kernel as vm sees: RAM and address spaces that behave as <kernel_abi.h> says, and
/// records of what vm sends. What vm maps into itself is really there.

#include <bootinfo.h>
#include <kernel_abi.h>
#include <message.h>
#include <types.h>

#define FAKE_RAM_PAGES 2048
/// Where RAM and the bootfs image are in physical memory.
#define FAKE_RAM_PADDR    0x00200000ul
#define FAKE_BOOTFS_PADDR 0x10000000ul
#define FAKE_NUM_TASKS    16
/// A row of pages is mapped in parts.
#define FAKE_PAGES_PER_CALL 8

/// Starts anew, with `bootfs` in memory and vm mapped nothing.
/// \param num_pages  RAM, at most FAKE_RAM_PAGES.
void fake_init(const void *bootfs, size_t bootfs_len, size_t num_pages);
const struct bootinfo *fake_bootinfo(void);

/// Whether a mapping has let the task go on since this was last asked.
bool fake_take_resumed(task_t tid);

/// A byte of a task's memory as the task sees it: or -1 if it isn't mapped (for all of `flags`).
int fake_peek(task_t tid, vaddr_t vaddr, unsigned flags);
bool fake_poke(task_t tid, vaddr_t vaddr, uint8_t byte);

/// Whether the task exists, and has been started.
bool fake_is_running(task_t tid);
bool fake_has_grant(task_t tid, int kind, uintptr_t base);

/// The last message that vm sent to a task; its type is INVALID_MSG if there is none. Forgets it.
struct message fake_take_reply(task_t tid);
/// The notifications that vm sent to a task. Forgets them.
notifications_t fake_take_notifications(task_t tid);

/// Moves the clock. Returns whether vm's timer ran out.
bool fake_advance(msec_t ms);

/// What another task than vm does.
error_t fake_create_by(task_t creator, task_t tid);

/// Pages of RAM that are mapped in tasks other than vm, or are their page tables.
size_t fake_pages_in_use(void);

#endif
