#ifndef __FUZZ_USER_H__
#define __FUZZ_USER_H__

/// \file
/// The memory of the tasks: each slot has a few pages of its own, which are mapped or not. All that
/// ought to be in them is kept a second time, to be compared.

#include <arch_types.h>
#include <stdint.h>
#include <types.h>

/// Slots 1 … NUM_SLOTS; vm has the first, the supervisor the second.
#define NUM_SLOTS  9
#define FIRST_SLOT 3
#define SUPERVISOR TASK_ID(2, 0)

/// The pages of a task, by number.
#define PAGE_MSG      0  ///< For messages. Always there.
#define PAGE_ALT      1  ///< The same, two that may be missing.
#define PAGE_OUT      3  ///< Payloads to be sent: more pages than the kernel fetches in one go.
#define PAGE_IN       9  ///< Payloads that come.
#define NUM_PAGES     15
#define NUM_OUT_PAGES (PAGE_IN - PAGE_OUT)
#define NUM_IN_PAGES  (NUM_PAGES - PAGE_IN)

#define PAGE_R 1u
#define PAGE_W 2u

#define ALT_VADDR 0x210000ul
#define OUT_VADDR 0x220000ul
#define IN_VADDR  0x230000ul

/// Buffers for messages: in the page that is always there, in the first that may be missing, across
/// its end behind a bit of the payload, behind the header, and where nothing ever is.
#define NUM_BUFFERS 5
vaddr_t user_buffer(int at);

/// Where a task tells its buffer for payloads: in the page that is always there, in none, in the one
/// that may be missing, across its end if no message is near, and where nothing ever is.
#define NUM_OOL_BUFFERS 5
vaddr_t user_ool_buffer(int ool, int at);

vaddr_t user_page_vaddr(int page);
/// The page of an address, or -1.
int user_page_of(vaddr_t vaddr);
/// The physical page.
paddr_t user_paddr(int slot, int page);

/// Takes the pages, at the start of a sequence.
void user_init(void);
/// Fills the pages of a new task.
void user_fill(int slot, task_t tid);

/// Writes into the pages themselves and into what they ought to be; or into the latter alone.
void user_write(int slot, vaddr_t vaddr, const void *data, size_t len);
void user_expect(int slot, vaddr_t vaddr, const void *data, size_t len);
/// What a task's out-of-line payload is, at `addr` of its own.
const uint8_t *user_payload(task_t tid, vaddr_t addr);
/// Takes what is there for right.
void user_accept(int slot, vaddr_t vaddr, size_t len);
/// Whether the pages are what they ought to be. `*where` is the first difference.
bool user_compare(int slot, vaddr_t vaddr, size_t len, vaddr_t *where);

#endif
