#include <config.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <string.h>

#ifdef CONFIG_MMU

error_t ipc_accept_loans(size_t len) {
    if (len == 0 || len > CONFIG_LOAN_MAX) {
        return len == 0 ? ERR_INVALID_ARG : ERR_TOO_LARGE;
    }
    static bool accepts;
    if (accepts) {
        return ERR_ALREADY_EXISTS;
    }

    // Pages of vm's, not of the heap: what is in the place of a loan that was cut short is then always the
    // same pages, and the server's memory doesn't grow.
    len = ALIGN_UP(len, PAGE_SIZE);
    struct message m;
    m.type = VM_ALLOC_PAGES_MSG;
    m.vm_alloc_pages.num_pages = len / PAGE_SIZE;
    m.vm_alloc_pages.paddr = 0;
    error_t err = ipc_call(INIT_TASK, &m);
    if (IS_ERROR(err)) {
        return err;
    }

    err = sys_accept_loans(m.vm_alloc_pages_reply.vaddr, len);
    accepts = IS_OK(err);
    return err;
}

#else

error_t ipc_accept_loans(size_t len __unused) {
    return ERR_UNAVAILABLE;
}

#endif
