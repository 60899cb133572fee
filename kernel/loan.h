#ifndef __KERNEL_LOAN_H__
#define __KERNEL_LOAN_H__

/// \file
/// Pages that a task lends to another one for the time of a call, with an MMU: see docs/loans.md. Without one nobody does.

#include <kernel/smp.h>
#include <kernel/task.h>

#ifdef CONFIG_MMU

/// The kinds of messages that lend, a bit for each.
#    define LOAN_KINDS (1u << MSG_OOL_LOAN | 1u << MSG_OOL_LOAN_W)

/// Whether the message that the current task sends, all of which is in `msg`, may lend what it says. Fails
/// with ERR_INVALID_ARG or ERR_TOO_LARGE.
error_t __mustuse loan_check(struct task *task);

/// SYS_ACCEPT_LOANS.
error_t __mustuse loan_accept(vaddr_t window, size_t len);

/// `lender` lends what its `msg` says to `borrower`, which has it at *at.
///   OK             `borrower` has the pages.
///   ERR_TRY_AGAIN  There was something in the window, which is gone now. Interrupts have to get their turn.
///   ERR_NOT_FOUND  `lender` has to fault first, as its `fault` says.
///   ERR_NO_BUFFER  `borrower` has to fault first, as its `fault` says.
/// Fails with ERR_TOO_LARGE if there is no window for so much; ERR_IN_USE if there is a loan in it, or
/// the two lend in a row or twice; ERR_NOT_PERMITTED if the lender can't dispose of the pages. The caller holds
/// both CPUs' locks; both tasks are blocked, or the current one.
error_t __mustuse loan_begin(struct task *lender, struct task *borrower, vaddr_t *at);

/// Takes back what `lender`, which has lent something, has lent. Returns the CPU that runs the borrower, if it
/// isn't this one: it has to be told before the lender goes on.
struct cpu *loan_take_back(struct task *lender);

/// The same, if there is anything. The caller holds both CPUs' locks, and, if the borrower may be running on
/// another CPU, all of them.
static inline struct cpu *loan_end(struct task *lender) {
    return UNLIKELY(lender->borrower) ? loan_take_back(lender) : NULL;
}

/// The same, if the borrower is `peer`, which doesn't run on another CPU: the call of `lender` to it is over.
static inline void loan_end_with(struct task *lender, const struct task *peer) {
    if (UNLIKELY(lender->borrower == peer)) {
        (void) loan_take_back(lender);
    }
}

/// All that a task that ends has lent and borrowed. The caller holds all locks.
struct cpu *loan_end_all(struct task *task);

/// A page of `task` is about to be unmapped: takes it back if it is lent. The caller holds all locks.
/// Returns what loan_take_back() does.
struct cpu *loan_take_page_back(struct task *task, vaddr_t vaddr);

/// Whether a task has borrowed something.
static inline bool loan_is_held(const struct task *task) {
    return task->lender != NULL;
}

#else

#    define LOAN_KINDS 0u

static inline struct cpu *loan_end(struct task *lender __unused) {
    return NULL;
}

static inline struct cpu *loan_end_all(struct task *task __unused) {
    return NULL;
}

static inline void loan_end_with(struct task *lender __unused, const struct task *peer __unused) {}

static inline bool loan_is_held(const struct task *task __unused) {
    return false;
}

#endif

#endif
