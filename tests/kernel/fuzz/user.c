// The tasks' memory, twice.

#include "user.h"

#include <string.h>

#include "../host_machine.h"

/// Further than any payload reaches that can arrive.
#define PATTERN_LEN (NUM_OUT_PAGES * PAGE_SIZE + 1024)

static paddr_t pages[NUM_SLOTS + 1][NUM_PAGES];
static uint8_t expected[NUM_SLOTS + 1][NUM_PAGES][PAGE_SIZE];
static uint8_t pattern[PATTERN_LEN];

vaddr_t user_buffer(int at) {
    static const vaddr_t buffers[NUM_BUFFERS] = {
        MSG_VADDR, ALT_VADDR, ALT_VADDR + PAGE_SIZE - 72, ALT_VADDR + PAGE_SIZE - 8, 0,
    };
    return buffers[(unsigned) at % NUM_BUFFERS];
}

vaddr_t user_ool_buffer(int ool, int at) {
    static const vaddr_t buffers[NUM_OOL_BUFFERS] = {
        MSG_VADDR + PAGE_SIZE - 16, 0, ALT_VADDR + 1024, ALT_VADDR + PAGE_SIZE - 8, FREE_VADDR,
    };
    ool = (int) ((unsigned) ool % NUM_OOL_BUFFERS);
    at = (int) ((unsigned) at % NUM_BUFFERS);
    bool overlap = ool == 3 && (at == 2 || at == 3);
    return buffers[overlap ? 2 : ool];
}

vaddr_t user_page_vaddr(int page) {
    vaddr_t base = page >= PAGE_IN    ? IN_VADDR - PAGE_IN * PAGE_SIZE
                   : page >= PAGE_OUT ? OUT_VADDR - PAGE_OUT * PAGE_SIZE
                   : page >= PAGE_ALT ? ALT_VADDR - PAGE_ALT * PAGE_SIZE
                                      : MSG_VADDR;
    return base + (vaddr_t) page * PAGE_SIZE;
}

int user_page_of(vaddr_t vaddr) {
    for (int page = 0; page < NUM_PAGES; page++) {
        if (ALIGN_DOWN(vaddr, PAGE_SIZE) == user_page_vaddr(page)) {
            return page;
        }
    }
    return -1;
}

paddr_t user_paddr(int slot, int page) {
    return pages[slot][page];
}

static uint8_t *user_ptr(int slot, int page) {
    return arch_ram_ptr(pages[slot][page]);
}

void user_init(void) {
    uint32_t state = 1;
    for (size_t i = 0; i < PATTERN_LEN; i++) {
        state = state * 1664525 + 1013904223;
        pattern[i] = (uint8_t) (state >> 24);
    }
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        for (int page = 0; page < NUM_PAGES; page++) {
            pages[slot][page] = host_keep_page();
        }
    }
    // vm and the supervisor have had a page for messages from boot.
    paddr_t paddr;
    unsigned flags;
    if (arch_aspace_lookup(host_task(INIT_TASK)->aspace, MSG_VADDR, &paddr, &flags) == OK) {
        pages[INIT_TASK][PAGE_MSG] = paddr;
    }
    user_accept(INIT_TASK, MSG_VADDR, PAGE_SIZE);
}

/// Different in each task.
static size_t salt(task_t tid) {
    return (size_t) (TASK_SLOT(tid) * 97 + TASK_GEN(tid) * 13) % 1024;
}

const uint8_t *user_payload(task_t tid, vaddr_t addr) {
    return pattern + salt(tid) + (addr - OUT_VADDR);
}

void user_fill(int slot, task_t tid) {
    for (int page = PAGE_OUT; page < PAGE_OUT + NUM_OUT_PAGES; page++) {
        memcpy(user_ptr(slot, page), user_payload(tid, user_page_vaddr(page)), PAGE_SIZE);
    }
    for (int page = 0; page < NUM_PAGES; page++) {
        memcpy(expected[slot][page], user_ptr(slot, page), PAGE_SIZE);
    }
}

/// Goes along a range page by page; stops where there is none. `expect` and `real` say what is
/// written.
static void write_range(int slot, vaddr_t vaddr, const uint8_t *data, size_t len, bool real) {
    while (len) {
        int page = user_page_of(vaddr);
        size_t piece = MIN(len, PAGE_SIZE - vaddr % PAGE_SIZE);
        if (page < 0) {
            return;
        }
        memcpy(&expected[slot][page][vaddr % PAGE_SIZE], data, piece);
        if (real) {
            memcpy(user_ptr(slot, page) + vaddr % PAGE_SIZE, data, piece);
        }
        data += piece;
        vaddr += piece;
        len -= piece;
    }
}

void user_write(int slot, vaddr_t vaddr, const void *data, size_t len) {
    write_range(slot, vaddr, data, len, true);
}

void user_expect(int slot, vaddr_t vaddr, const void *data, size_t len) {
    write_range(slot, vaddr, data, len, false);
}

void user_accept(int slot, vaddr_t vaddr, size_t len) {
    for (vaddr_t end = vaddr + len; vaddr < end;) {
        int page = user_page_of(vaddr);
        size_t piece = MIN(end - vaddr, PAGE_SIZE - vaddr % PAGE_SIZE);
        if (page < 0) {
            return;
        }
        size_t offset = vaddr % PAGE_SIZE;
        memcpy(&expected[slot][page][offset], user_ptr(slot, page) + offset, piece);
        vaddr += piece;
    }
}

static bool compare_page(int slot, int page, size_t offset, size_t len, vaddr_t *where) {
    const uint8_t *is = user_ptr(slot, page) + offset;
    const uint8_t *ought = &expected[slot][page][offset];
    if (!memcmp(is, ought, len)) {
        return true;
    }
    size_t i = 0;
    while (is[i] == ought[i]) {
        i++;
    }
    *where = user_page_vaddr(page) + offset + i;
    return false;
}

bool user_compare(int slot, vaddr_t vaddr, size_t len, vaddr_t *where) {
    for (vaddr_t end = vaddr + len; vaddr < end;) {
        int page = user_page_of(vaddr);
        size_t piece = MIN(end - vaddr, PAGE_SIZE - vaddr % PAGE_SIZE);
        if (page < 0) {
            return true;
        }
        if (!compare_page(slot, page, vaddr % PAGE_SIZE, piece, where)) {
            return false;
        }
        vaddr += piece;
    }
    return true;
}
