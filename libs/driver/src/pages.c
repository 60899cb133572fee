#include "pages.h"

#include <resea/ipc.h>
#include <resea/printf.h>

error_t pages_alloc(size_t len, paddr_t paddr, struct pages *pages) {
    if (len == 0 || len > SIZE_MAX - PAGE_SIZE) {
        return ERR_INVALID_ARG;
    }

    size_t num_pages = ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE;
    struct message m;
    m.type = VM_ALLOC_PAGES_MSG;
    m.vm_alloc_pages.num_pages = num_pages;
    m.vm_alloc_pages.paddr = paddr;
    error_t err = ipc_call(INIT_TASK, &m);
    if (IS_ERROR(err)) {
        return err;
    }

    pages->vaddr = m.vm_alloc_pages_reply.vaddr;
    pages->paddr = m.vm_alloc_pages_reply.paddr;
    pages->num_pages = num_pages;
    return OK;
}

void pages_free(const struct pages *pages) {
    struct message m;
    m.type = VM_FREE_PAGES_MSG;
    m.vm_free_pages.vaddr = pages->vaddr;
    m.vm_free_pages.num_pages = pages->num_pages;
    OOPS_OK(ipc_call(INIT_TASK, &m));
}
