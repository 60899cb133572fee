#include <kernel/ipc.h>
#include <kernel/loan.h>
#include <kernel/memory.h>
#include <kernel/transfer.h>

// A loan is as much as one entry into the kernel maps, so there is no half a loan. The borrower knows of it
// (`lender`, `loan_*`), the lender whose it is (`borrower`): so nobody lends or borrows twice at a time.
//
// While there is a loan, the borrower's `attention` keeps its answers off the short way, which knows nothing of
// loans. It ends where the lender's call does: with the answer (ipc.c), or with either task.
//
// Whatever is in the window belongs there for the time only, and is unmapped without a look at what it is: pages
// of the lender, or pages that the borrower's pager has put in the place of those that were taken back early.

#define LOAN_PAGES_MAX (CONFIG_LOAN_MAX / PAGE_SIZE)
STATIC_ASSERT(CONFIG_LOAN_MAX % PAGE_SIZE == 0, "pages are lent as a whole");

error_t loan_check(struct task *task) {
    const struct message *m = &task->msg;
    // Only who waits for the answer, and for nothing else, can be given its pages back with it.
    if ((ipc_flags(task) & ~IPC_SENT) != IPC_CALL || !m->ool_len
        || !IS_ALIGNED((vaddr_t) m->ool_ptr | m->ool_len, PAGE_SIZE)) {
        return ERR_INVALID_ARG;
    }
    return m->ool_len > CONFIG_LOAN_MAX ? ERR_TOO_LARGE : OK;
}

error_t loan_accept(vaddr_t window, size_t len) {
    struct task *task = current_task();
    size_t num_pages = len / PAGE_SIZE;
    if (len % PAGE_SIZE || num_pages > UINT16_MAX
        || (num_pages && !memory_is_user_range(window, num_pages))) {
        return ERR_INVALID_ARG;
    }
    if (task->flags & (TASK_RIGHT_MAP | TASK_RIGHT_PHYS)) {
        return ERR_NOT_PERMITTED;  // It could hand on what isn't its own.
    }
    cpu_acquire(this_cpu());
    error_t err = task->lender ? ERR_IN_USE : OK;
    if (err == OK) {
        task->window = window;
        task->window_pages = (uint16_t) num_pages;
    }
    cpu_release();
    return err;
}

/// Unmaps what is there of a part of the borrower's window.
static void clear_window(struct task *borrower, vaddr_t vaddr, size_t num_pages) {
    spin_lock(&borrower->aspace->lock);
    arch_aspace_unmap_pages(borrower->aspace, vaddr, num_pages, memory_put_page);
    spin_unlock(&borrower->aspace->lock);
}

static void put_pages(const paddr_t *pages, size_t num_pages) {
    for (size_t i = 0; i < num_pages; i++) {
        memory_put_page(pages[i]);
    }
}

/// The lender can't lend its page at `vaddr`: notes its fault, if it has to take one.
static error_t miss_page(struct task *lender, vaddr_t vaddr, bool write) {
    size_t len = 1;
    // Otherwise it is RAM that is mapped like a device.
    return transfer_find_bytes(lender, vaddr, write, &len) ? ERR_NOT_PERMITTED : ERR_NOT_FOUND;
}

/// Finds the lender's pages and counts them as mapped once more. Either all or none.
static error_t get_pages(struct task *lender, vaddr_t vaddr, size_t num_pages, bool write,
                         paddr_t *pages) {
    spin_lock(&lender->aspace->lock);
    size_t num_found =
        arch_aspace_find_pages(lender->aspace, vaddr, num_pages, write ? MAP_W : 0, pages);
    spin_unlock(&lender->aspace->lock);
    if (UNLIKELY(num_found < num_pages)) {
        return miss_page(lender, vaddr + num_found * PAGE_SIZE, write);
    }
    size_t done;
    error_t err = memory_get_pages(pages, num_pages, &done);
    if (UNLIKELY(err != OK)) {
        put_pages(pages, done);
    }
    return err;
}

/// Maps counted pages in the window. Either all or none.
static error_t fill_window(struct task *borrower, vaddr_t at, const paddr_t *pages,
                           size_t num_pages, unsigned flags) {
    size_t done;
    spin_lock(&borrower->aspace->lock);
    error_t err = arch_aspace_map_pages(borrower->aspace, at, pages, num_pages, flags, &done);
    spin_unlock(&borrower->aspace->lock);
    if (LIKELY(err == OK)) {
        return OK;
    }
    put_pages(&pages[done], num_pages - done);
    if (err == ERR_TRY_AGAIN) {
        // A page table is missing: the borrower's pager gives one with any page.
        borrower->fault.vaddr = at + done * PAGE_SIZE;
        borrower->fault.flags = FAULT_WRITE;
        clear_window(borrower, at, done);
        return ERR_NO_BUFFER;
    }
    clear_window(borrower, at, num_pages);
    // It doesn't run elsewhere: there is nobody to be told at once.
    (void) smp_forget_aspace(borrower->aspace);
    return ERR_TRY_AGAIN;
}

/// Whether any of a range are borrowed pages.
static bool is_borrowed(const struct task *task, vaddr_t vaddr, size_t num_pages) {
    return task->lender && vaddr < task->window + (size_t) task->loan_pages * PAGE_SIZE
           && task->window < vaddr + num_pages * PAGE_SIZE;
}

static error_t check_partners(const struct task *lender, const struct task *borrower, vaddr_t vaddr,
                              size_t num_pages) {
    if (num_pages > borrower->window_pages) {
        return ERR_TOO_LARGE;
    }
    if (lender->borrower || borrower->lender || borrower->borrower) {
        return ERR_IN_USE;
    }
    // Who has to answer the borrower's page faults can't wait for it.
    if (is_borrowed(lender, vaddr, num_pages) || borrower->pager == lender->tid) {
        return ERR_NOT_PERMITTED;
    }
    return OK;
}

error_t loan_begin(struct task *lender, struct task *borrower, vaddr_t *at) {
    const struct message *m = &lender->msg;
    vaddr_t from = (vaddr_t) m->ool_ptr;
    size_t num_pages = m->ool_len / PAGE_SIZE;
    bool write = (MSG_OOL_KIND(m->type) & MSG_OOL_LOAN_W) != 0;
    paddr_t pages[LOAN_PAGES_MAX];
    error_t err = check_partners(lender, borrower, from, num_pages);
    if (err == OK) {
        err = get_pages(lender, from, num_pages, write, pages);
    }
    if (err == OK) {
        err = fill_window(borrower, borrower->window, pages, num_pages, write ? MAP_W : 0);
    }
    if (err == OK) {
        lender->borrower = borrower;
        borrower->lender = lender;
        borrower->loan_from = from;
        borrower->loan_pages = (uint16_t) num_pages;
        borrower->attention = true;
        *at = borrower->window;
    }
    return err;
}

struct cpu *loan_take_back(struct task *lender) {
    struct task *borrower = lender->borrower;
    clear_window(borrower, borrower->window, borrower->loan_pages);
    borrower->lender = NULL;
    lender->borrower = NULL;
    return smp_forget_aspace(borrower->aspace);
}

struct cpu *loan_end_all(struct task *task) {
    if (task->lender) {
        // If the task runs yet, whoever ends it waits until it doesn't.
        (void) loan_take_back(task->lender);
    }
    return loan_end(task);
}

/// 0: none.
static paddr_t page_at(struct task *task, vaddr_t vaddr) {
    paddr_t paddr = 0;
    unsigned flags;
    spin_lock(&task->aspace->lock);
    error_t err = arch_aspace_lookup(task->aspace, vaddr, &paddr, &flags);
    spin_unlock(&task->aspace->lock);
    return err == OK ? paddr : 0;
}

struct cpu *loan_take_page_back(struct task *task, vaddr_t vaddr) {
    struct task *borrower = task->borrower;
    if (!borrower || vaddr - borrower->loan_from >= (size_t) borrower->loan_pages * PAGE_SIZE) {
        return NULL;
    }
    vaddr_t at = borrower->window + (vaddr - borrower->loan_from);
    paddr_t own = page_at(task, vaddr);
    if (!own || own != page_at(borrower, at)) {
        return NULL;  // Something else has come in its place.
    }
    clear_window(borrower, at, 1);
    return smp_forget_aspace(borrower->aspace);
}
