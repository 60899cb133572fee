#ifndef __LOAN_FIXTURE_H__
#define __LOAN_FIXTURE_H__

/// \file
/// For tests of kernel/loan.c: a task that lends, and a server that takes loans.

#include "host.h"

#define LOAN_PAGES  5
#define LOAN_FROM   0x00400000ul  ///< The lender's pages.
#define LOAN_WINDOW 0x00600000ul  ///< Where the server takes loans.
#define LOAN_LEN    (LOAN_PAGES * PAGE_SIZE)

/// `a` lends, `b` is the server; `pager` is that of both.
extern struct loan_tasks { task_t pager, a, b; } loan;

/// Resets the machine and creates the tasks. `b` waits for anybody, or is about to.
void loan_set_up(bool waits);
/// Maps the pages to be lent, each with a number of its own in it.
void loan_map_lender(task_t tid);
/// SYS_ACCEPT_LOANS.
intptr_t loan_set_window(task_t tid, vaddr_t window, size_t len);

/// A message of 16 bytes with a loan; `kind` is MSG_OOL_LOAN or MSG_OOL_LOAN_W.
intptr_t loan_lend_with(task_t lender, task_t to, int kind, vaddr_t from, size_t len,
                        unsigned flags);
/// The same to `b`, as a call, with all of the pages.
intptr_t loan_lend(task_t lender, int kind);
/// `b` answers and waits for the next message.
intptr_t loan_answer(task_t to);
/// The loan fails when the receiver comes for it, which then waits on.
void loan_expect_refused(task_t lender, task_t to, vaddr_t from, size_t len, error_t err);

/// Whether `b` has received the message, and has all of the lender's pages.
bool loan_has_come(task_t lender);
bool loan_window_is_empty(void);
/// What a task may do with a page; -1: it hasn't got it.
int loan_rights_of(task_t tid, vaddr_t vaddr);

#endif
