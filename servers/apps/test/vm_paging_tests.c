#include <idl_client.h>
#include <resea/task.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

static size_t free_pages(void) {
    size_t total, free;
    CHECK_OK(call_vm_stats(INIT_TASK, &total, &free));
    CHECK_LE(free, total);
    return free;
}

static void test_alloc_pages(void) {
    vaddr_t vaddr;
    paddr_t paddr;
    size_t before = free_pages();
    if (!CHECK_OK(call_vm_alloc_pages(INIT_TASK, 3, 0, &vaddr, &paddr))) {
        return;
    }

    CHECK(IS_ALIGNED(vaddr, PAGE_SIZE) && IS_ALIGNED(paddr, PAGE_SIZE) && paddr != 0);
    volatile uint8_t *bytes = (volatile uint8_t *) vaddr;
    for (size_t i = 0; i < 3 * PAGE_SIZE; i += 512) {
        CHECK_EQ(bytes[i], 0);
        bytes[i] = 1;
    }
    CHECK_LT(free_pages(), before);
    CHECK_OK(call_vm_free_pages(INIT_TASK, vaddr, 3));
    CHECK_LT(call_vm_free_pages(INIT_TASK, vaddr, 3), 0);
    CHECK_LT(call_vm_free_pages(INIT_TASK, USER_IMAGE_BASE, 1), 0);
}

static void test_alloc_pages_errors(void) {
    vaddr_t vaddr;
    paddr_t paddr;
    CHECK_EQ(call_vm_alloc_pages(INIT_TASK, 0, 0, &vaddr, &paddr), ERR_INVALID_ARG);
    CHECK_LT(call_vm_alloc_pages(INIT_TASK, SIZE_MAX, 0, &vaddr, &paddr), 0);
    CHECK_LT(call_vm_alloc_pages(INIT_TASK, SIZE_MAX / PAGE_SIZE, 0, &vaddr, &paddr), 0);
    CHECK_LT(call_vm_alloc_pages(INIT_TASK, 1, 1, &vaddr, &paddr), 0);
}

static void test_offer_errors(void) {
    vaddr_t vaddr;
    paddr_t paddr;
    handle_t offer;
    size_t len;
    CHECK_OK(call_vm_alloc_pages(INIT_TASK, 1, 0, &vaddr, &paddr));
    // Nothing of ours; nobody there; nobody that we have to do with.
    CHECK_LT(call_vm_offer_pages(INIT_TASK, peer_task(), 0x70000000, 1, true, &offer), 0);
    CHECK_LT(call_vm_offer_pages(INIT_TASK, peer_task(), vaddr, 2, true, &offer), 0);
    CHECK_EQ(call_vm_offer_pages(INIT_TASK, -1, vaddr, 1, true, &offer), ERR_INVALID_TASK);
    CHECK_EQ(call_vm_offer_pages(INIT_TASK, find_task("shell"), vaddr, 1, true, &offer),
             ERR_NOT_PERMITTED);
    CHECK_OK(call_vm_offer_pages(INIT_TASK, peer_task(), vaddr, 1, true, &offer));
    // It was not offered to us.
    vaddr_t mapped;
    bool writable;
    CHECK_LT(call_vm_accept_pages(INIT_TASK, offer, &mapped, &len, &writable, &paddr), 0);
    CHECK_LT(call_vm_accept_pages(INIT_TASK, -1, &mapped, &len, &writable, &paddr), 0);
    CHECK_OK(call_vm_free_pages(INIT_TASK, vaddr, 1));
}

const struct test_case vm_paging_cases[] = {
    {"vm.alloc_pages", test_alloc_pages},
    {"vm.alloc_pages_errors", test_alloc_pages_errors},
    {"vm.offer_errors", test_offer_errors},
    {NULL, NULL},
};
