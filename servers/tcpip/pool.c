#include "pool.h"

#include <config.h>
#include <idl_client.h>
#include <inet/buf.h>
#include <net/ring.h>
#include <resea/printf.h>

/// What it is by itself: a share of the memory, within limits. With the most, a driver has as many buffers to receive into as
/// its ring takes. Below the least there is no network.
#define SHARE   16
#define MIN_LEN (512u * 1024)
#define MAX_LEN (POOL_RX_SHARE * NET_FREE_LEN * NET_BUFFER_LEN)
#define LEAST   (128u * 1024)

static vaddr_t memory;
static size_t num_pages;

static size_t wanted_len(void) {
    if (CONFIG_TCPIP_POOL_KIB != 0) {
        return MAX((size_t) CONFIG_TCPIP_POOL_KIB * 1024, (size_t) LEAST);
    }
    size_t total = 0, free = 0;
    if (IS_ERROR(call_vm_stats(INIT_TASK, &total, &free))) {
        return MIN_LEN;
    }
    size_t share = ALIGN_DOWN(total / SHARE * PAGE_SIZE, (size_t) PAGE_SIZE);
    return MIN(MAX(share, (size_t) MIN_LEN), (size_t) MAX_LEN);
}

error_t pool_init(void) {
    error_t err = ERR_NO_MEMORY;
    // Memory in a row may be short where there is enough.
    for (size_t len = wanted_len(); len >= LEAST; len /= 2) {
        paddr_t paddr;
        num_pages = len / PAGE_SIZE;
        err = call_vm_alloc_pages(INIT_TASK, num_pages, 0, &memory, &paddr);
        if (IS_OK(err)) {
            return buf_init((uint8_t *) memory, num_pages * PAGE_SIZE);
        }
    }
    return err;
}

error_t pool_offer(task_t driver, handle_t *offer) {
    return call_vm_offer_pages(INIT_TASK, driver, memory, num_pages, true, offer);
}
