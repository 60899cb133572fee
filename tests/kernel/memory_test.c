#include <string.h>
#include <unittest.h>

#include "host.h"

static task_t pager, a;

static void set_up(void) {
    host_reset();
    pager = host_spawn("pager", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP);
    a = host_spawn("a", pager, 0);
}

static intptr_t map(vaddr_t vaddr, vaddr_t src, vaddr_t kpage, unsigned flags) {
    return SYSCALL(pager, SYS_VM_MAP, a, vaddr, src, kpage, flags);
}

static intptr_t map_phys(vaddr_t vaddr, paddr_t src, paddr_t kpage, unsigned flags) {
    return SYSCALL(ROOT_TASK, SYS_VM_MAP, a, vaddr, src, kpage, flags | MAP_PHYS);
}

TEST("memory: a pager shares its page with its task") {
    set_up();
    host_map(pager, FREE_VADDR, MAP_W);
    strncpy2(host_ptr(pager, FREE_VADDR), "shared", PAGE_SIZE);
    TEST_EXPECT_EQ(map(FREE_VADDR + PAGE_SIZE, FREE_VADDR, 0, MAP_W), OK);
    TEST_EXPECT_STR_EQ(host_ptr(a, FREE_VADDR + PAGE_SIZE), "shared");
    TEST_EXPECT(host_check());
    // The page lives as long as one of them has it.
    host_unmap(pager, FREE_VADDR);
    TEST_EXPECT_STR_EQ(host_ptr(a, FREE_VADDR + PAGE_SIZE), "shared");
    TEST_EXPECT(host_check());
}

TEST("memory: a missing table takes a page of the pager's, which loses it") {
    set_up();
    vaddr_t far = 0x10000000, kpage = FREE_VADDR + PAGE_SIZE;
    host_map(pager, FREE_VADDR, 0);
    TEST_EXPECT_EQ(map(far, FREE_VADDR, 0, 0), ERR_TRY_AGAIN);
    TEST_EXPECT(host_ptr(a, far) == NULL);
    TEST_EXPECT(host_check());
    host_map(pager, kpage, MAP_W);
    memset(host_ptr(pager, kpage), 0xff, PAGE_SIZE);
    TEST_EXPECT_EQ(map(far, FREE_VADDR, kpage, 0), 1);
    TEST_EXPECT(host_ptr(a, far) != NULL);
    TEST_EXPECT(host_ptr(pager, kpage) == NULL);
    TEST_EXPECT(host_check());
    // There are tables now: a page offered isn't taken.
    host_map(pager, kpage, MAP_W);
    TEST_EXPECT_EQ(map(far + PAGE_SIZE, FREE_VADDR, kpage, 0), OK);
    TEST_EXPECT(host_ptr(pager, kpage) != NULL);
    TEST_EXPECT(host_check());
}

TEST("memory: a table and the page itself can't be the same") {
    set_up();
    vaddr_t far = 0x10000000;
    host_map(pager, FREE_VADDR, MAP_W);
    TEST_EXPECT_EQ(map(far, FREE_VADDR, FREE_VADDR, 0), ERR_IN_USE);
    TEST_EXPECT(host_ptr(pager, FREE_VADDR) != NULL);
    paddr_t page = host_page();
    TEST_EXPECT_EQ(map_phys(far, page, page, 0), ERR_IN_USE);
    TEST_EXPECT(host_check());
}

TEST("memory: a page that is mapped or a table is no new table") {
    set_up();
    paddr_t page = host_page(), mapped = host_page(), table = host_page();
    host_map_page(pager, FREE_VADDR, mapped, 0);
    TEST_EXPECT_EQ(map_phys(0x10000000, page, mapped, 0), ERR_IN_USE);
    TEST_EXPECT_EQ(map_phys(0x10000000, page, table, 0), 1);
    TEST_EXPECT_EQ(map_phys(0x18000000, page, table, 0), ERR_IN_USE);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, table, 0, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(map_phys(0x18000000, page, table + 8, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map_phys(0x18000000, page, HOST_MMIO, 0), ERR_INVALID_ARG);
    // Two mapped copies in the pager: not given away.
    host_map_page(pager, FREE_VADDR + PAGE_SIZE, mapped, 0);
    TEST_EXPECT_EQ(map(0x18000000, FREE_VADDR, FREE_VADDR + PAGE_SIZE, 0), ERR_IN_USE);
    TEST_EXPECT(host_check());
}

TEST("memory: what the kernel or nobody owns can't be mapped") {
    set_up();
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, HOST_RAM_BASE, 0, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, HOST_MMIO, 0, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, HOST_BOARD_MMIO, 0, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, HOST_RAM_BASE + 1, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT(host_check());
}

TEST("memory: bad arguments and missing rights") {
    set_up();
    host_map(pager, FREE_VADDR, 0);
    vaddr_t dst = FREE_VADDR + PAGE_SIZE;
    TEST_EXPECT_EQ(map(dst + 8, FREE_VADDR, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map(0, FREE_VADDR, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map(USER_END, FREE_VADDR, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map(dst, dst, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map(dst, USER_END, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map(dst, FREE_VADDR, 0, 0x80), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map(dst, FREE_VADDR, 0, MAP_W | MAP_X), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map(dst, FREE_VADDR, 0, MAP_W), ERR_NOT_PERMITTED);  // Its own isn't writable.
    TEST_EXPECT_EQ(map(dst, FREE_VADDR, 0, MAP_PHYS), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(map(dst, FREE_VADDR, 0, MAP_UNCACHED), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(map(dst, FREE_VADDR, dst, 0), OK);
    TEST_EXPECT_EQ(map(dst, FREE_VADDR, 0, 0), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(map(0x10000000, FREE_VADDR, dst, 0), ERR_INVALID_ARG);  // No such kpage.
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_MAP, pager, dst, FREE_VADDR, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_MAP, INIT_TASK, dst, FREE_VADDR, 0, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_MAP, TASK_ID(50, 3), dst, FREE_VADDR, 0, 0),
                   ERR_INVALID_TASK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_VM_MAP, pager, dst, MSG_VADDR, 0, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT(host_check());
}

static intptr_t map_several(vaddr_t vaddr, paddr_t src, vaddr_t kpages, unsigned flags,
                            size_t num_pages) {
    return SYSCALL(ROOT_TASK, SYS_VM_MAP, a, vaddr, src, kpages, flags | MAP_PHYS, num_pages);
}

TEST("memory: several pages in a row, with the tables that they need") {
    set_up();
    vaddr_t far = 0x10000000;
    paddr_t pages = host_page();
    for (int i = 1; i < 3; i++) {
        TEST_EXPECT_EQ(host_page(), pages + i * PAGE_SIZE);
    }
    // Nobody has offered a table.
    TEST_EXPECT_EQ(map_several(far, pages, 0, MAP_W, 3), ERR_TRY_AGAIN);
    vaddr_t array = FREE_VADDR;
    host_map(ROOT_TASK, array, MAP_W);
    uintptr_t *kpages = host_ptr(ROOT_TASK, array);
    memset(kpages, 0, MAP_TABLES_MAX * sizeof(kpages[0]));
    TEST_EXPECT_EQ(map_several(far, pages, array, MAP_W, 3), ERR_TRY_AGAIN);
    kpages[0] = host_page();
    kpages[1] = host_page();
    TEST_EXPECT_EQ(map_several(far, pages, array, MAP_W | MAP_ZERO, 3), MAP_DONE(3, 1));
    for (int i = 0; i < 3; i++) {
        TEST_EXPECT(host_ptr(a, far + i * PAGE_SIZE) == arch_ram_ptr(pages + i * PAGE_SIZE));
    }
    TEST_EXPECT(host_check());
    // It ends at the first page that is there.
    TEST_EXPECT_EQ(map_several(far - PAGE_SIZE, pages, array, 0, 3), ERR_IN_USE);
    kpages[0] = kpages[1];
    kpages[1] = 0;
    TEST_EXPECT_EQ(map_several(far - PAGE_SIZE, pages, array, 0, 3), MAP_DONE(1, 1));
    TEST_EXPECT_EQ(map_several(far, pages, array, 0, 3), ERR_ALREADY_EXISTS);
    // Root stays for the next test.
    host_unmap(ROOT_TASK, array);
    TEST_EXPECT(host_check());
}

TEST("memory: a long row is mapped in parts, shorter ones if it is cleared") {
    set_up();
    vaddr_t vaddr = FREE_VADDR;
    paddr_t page = host_page();
    for (int i = 1; i < 40; i++) {
        TEST_EXPECT_EQ(host_page(), page + i * PAGE_SIZE);
    }
    TEST_EXPECT_EQ(map_several(vaddr, page, 0, MAP_ZERO, 40), MAP_DONE(4, 0));
    TEST_EXPECT_EQ(map_several(vaddr + 4 * PAGE_SIZE, page, 0, 0, 40), MAP_DONE(24, 0));
    TEST_EXPECT(host_check());
}

TEST("memory: a mapping can be the answer to a page fault") {
    set_up();
    struct task *task = host_task(a);
    host_map(pager, FREE_VADDR, 0);
    vaddr_t vaddr = FREE_VADDR + PAGE_SIZE;
    host_fault(a, vaddr, 0);
    TEST_EXPECT_EQ(task->state, TASK_FAULTED);
    // The pager hasn't received the fault yet: that the page is there doesn't take the message back.
    TEST_EXPECT_EQ(map(vaddr, FREE_VADDR, 0, MAP_RESUME), OK);
    TEST_EXPECT_EQ(task->state, TASK_FAULTED);
    TEST_EXPECT_EQ(host_recv(pager, a), OK);
    TEST_EXPECT_EQ(map(vaddr, FREE_VADDR, 0, MAP_RESUME), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(task->state, TASK_FAULTED);
    // Others may map pages for it, but don't answer.
    TEST_EXPECT_EQ(map_phys(vaddr + PAGE_SIZE, host_page(), 0, MAP_RESUME), OK);
    TEST_EXPECT_EQ(task->state, TASK_FAULTED);
    TEST_EXPECT_EQ(map(vaddr + 2 * PAGE_SIZE, FREE_VADDR, 0, MAP_RESUME), OK);
    TEST_EXPECT_EQ(task->state, TASK_READY);
    // One that waits for nothing isn't disturbed.
    TEST_EXPECT_EQ(map(vaddr + 3 * PAGE_SIZE, FREE_VADDR, 0, MAP_RESUME), OK);
    TEST_EXPECT_EQ(task->state, TASK_READY);
    TEST_EXPECT(host_check());
}

TEST("memory: several pages that can't be") {
    set_up();
    paddr_t page = host_page();
    TEST_EXPECT_EQ(map_several(FREE_VADDR + 8, page, 0, 0, 2), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map_several(USER_END - PAGE_SIZE, page, 0, 0, 2), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map_several(FREE_VADDR, page, 0, 0, SIZE_MAX), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(map_several(FREE_VADDR, page, 0, 0, SIZE_MAX / PAGE_SIZE), ERR_INVALID_ARG);
    // Nothing of it is a device's or RAM.
    TEST_EXPECT_EQ(map_several(FREE_VADDR, HOST_MMIO, 0, 0, 2), ERR_NOT_PERMITTED);
    // Whose addresses of tables aren't there yet faults, and makes the call again.
    host_map(pager, FREE_VADDR, 0);
    vaddr_t nowhere = FREE_VADDR + 8 * PAGE_SIZE;
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_MAP, a, 0x10000000, FREE_VADDR, nowhere, 0, 1),
                   HOST_BLOCKED);
    TEST_EXPECT_EQ(host_task(pager)->state, TASK_FAULTED);
    TEST_EXPECT(host_check());
}

TEST("memory: what was a page table is cleared once") {
    set_up();
    paddr_t page = host_page(), table = host_page();
    memset(arch_ram_ptr(table), 0xff, PAGE_SIZE);
    TEST_EXPECT_EQ(map_phys(0x10000000, page, table, 0), 1);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_DESTROY, a), OK);
    a = host_spawn("a", pager, 0);
    TEST_EXPECT_EQ(map_phys(0x10000000, page, table, 0), 1);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_DESTROY, a), OK);
    // As soon as somebody can write to it, nothing is known of it any more.
    a = host_spawn("a", pager, 0);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, table, 0, MAP_W | MAP_ZERO), OK);
    memset(host_ptr(a, FREE_VADDR), 0xff, PAGE_SIZE);
    host_unmap(a, FREE_VADDR);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, table, 0, MAP_ZERO), OK);
    TEST_EXPECT_EQ(*(uint8_t *) host_ptr(a, FREE_VADDR), 0);
    TEST_EXPECT(host_check());
}

TEST("memory: unmapping") {
    set_up();
    host_map(a, FREE_VADDR, 0);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_VM_UNMAP, a, FREE_VADDR), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_UNMAP, INIT_TASK, MSG_VADDR), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_UNMAP, a, FREE_VADDR + 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_UNMAP, a, USER_END), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_UNMAP, TASK_ID(50, 3), FREE_VADDR), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_UNMAP, a, FREE_VADDR), OK);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_VM_UNMAP, a, FREE_VADDR), ERR_NOT_FOUND);
    TEST_EXPECT(host_check());
}

TEST("memory: a device's pages go to who holds its range, uncounted") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_MMIO, HOST_MMIO, 2 * PAGE_SIZE), OK);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, HOST_MMIO + PAGE_SIZE, 0, MAP_W | MAP_UNCACHED), OK);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR + PAGE_SIZE, HOST_MMIO + 2 * PAGE_SIZE, 0, 0),
                   ERR_NOT_PERMITTED);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_MMIO, HOST_BOARD_MMIO, PAGE_SIZE),
                   ERR_NOT_PERMITTED);
}

TEST("memory: MAP_ZERO clears a fresh page and no shared one") {
    set_up();
    paddr_t page = host_page();
    host_map_page(a, FREE_VADDR, page, MAP_W);
    strncpy2(host_ptr(a, FREE_VADDR), "kept", PAGE_SIZE);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR + PAGE_SIZE, page, 0, MAP_ZERO), OK);
    TEST_EXPECT_STR_EQ(host_ptr(a, FREE_VADDR), "kept");
    host_unmap(a, FREE_VADDR);
    host_unmap(a, FREE_VADDR + PAGE_SIZE);
    TEST_EXPECT_EQ(map_phys(FREE_VADDR, page, 0, MAP_ZERO), OK);
    TEST_EXPECT_STR_EQ(host_ptr(a, FREE_VADDR), "");
}

TEST("memory: a large address space is taken apart in steps") {
    set_up();
    for (vaddr_t vaddr = 0x10000000; vaddr < 0x12000000; vaddr += 0x200000) {
        host_map(a, vaddr, 0);
    }
    host.pause_restarts = true;
    SYSCALL(pager, SYS_TASK_DESTROY, a);
    TEST_EXPECT_EQ(host_state(a), TASK_DYING);
    TEST_EXPECT(host_task(pager)->arch.restarted);
    TEST_EXPECT(host_check());
    host.pause_restarts = false;
    host_destroy(a);
    TEST_EXPECT_EQ(host_state(a), TASK_UNUSED);
    TEST_EXPECT(host_check());
}
