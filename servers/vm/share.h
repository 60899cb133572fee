#ifndef __VM_SHARE_H__
#define __VM_SHARE_H__

/// \file
/// Sharing memory: one task offers pages, the other one accepts them. See idl/vm.idl for the rules.

#include "memory.h"
#include "task.h"

/// \param offer  Set to a number for vm.accept_pages.
/// \return  ERR_INVALID_ARG if the pages are not in one region of the task's; ERR_NOT_PERMITTED if
///          they are a device's or borrowed, or the two tasks are no neighbours.
error_t share_offer(struct task *task, struct task *peer, vaddr_t vaddr, size_t num_pages,
                    bool writable, handle_t *offer) __mustuse;

/// Maps the pages into `task` and ends the offer. If that fails, the offer stays.
/// \return  ERR_NOT_FOUND if there is no such offer to the task; ERR_NO_MEMORY.
error_t share_accept(struct task *task, handle_t offer, struct region **region) __mustuse;

/// Takes back what `task` offered of the region.
void share_withdraw(struct task *task, const struct region *region);

/// `task` has ended: ends all offers that it made or got.
void share_forget_task(struct task *task);

#endif
