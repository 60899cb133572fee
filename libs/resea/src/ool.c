#include "ool.h"

#include <config.h>
#include <resea/malloc.h>
#include <string.h>

#ifdef CONFIG_MMU
#    define CAPACITY ((size_t) CONFIG_OOL_MAX)
/// Most long payloads begin with a page, too: the kernel copies them page by page.
#    define ALLOCATE() malloc_aligned(CAPACITY, PAGE_SIZE)
/// Keeps what is rare from taking registers of what is not.
#    define SELDOM __noinline
#else
/// The manifest tells how much a program can receive; the linker's symbol has that value.
extern char __ool_len[];
#    define CAPACITY   ((size_t) __ool_len)
#    define ALLOCATE() malloc(CAPACITY)
#    define SELDOM     ALWAYS_INLINE
#endif

/// Allocated for the first receive, and again after each payload that has been handed to the program, as
/// late as possible: a program that frees its payloads gets the same memory over and over.
struct ool_buffer ool_buffer;

struct ool_payload ool_payload;

error_t ool_prepare_send(struct message *m) {
    if (!ool_is_present(m)) {
        return OK;
    }

    if (MSG_OOL_KIND(m->type) == MSG_OOL_STR) {
        if (m->ool_ptr == NULL) {
            return ERR_INVALID_ARG;
        }
        m->ool_len = strlen(m->ool_ptr) + 1;
    }
    return (m->ool_len <= CONFIG_OOL_MAX) ? OK : ERR_TOO_LARGE;
}

void ool_cut_payload(void) {
    if (OOL_KEEPS_BLOCKS && ool_payload.ptr != NULL) {
        void *ptr = ool_payload.ptr;
        ool_payload.ptr = NULL;
        malloc_shrink(ptr, ool_payload.len);
    }
}

void ool_refill(void) {
    ool_cut_payload();
    if (CAPACITY > 0) {
        ool_buffer.ptr = ALLOCATE();
    }
    // Without memory we still receive whatever has no payload.
    ool_buffer.capacity = (ool_buffer.ptr != NULL) ? CAPACITY : 0;
}

/// The payload in the buffer is the program's.
static void hand_out(struct message *m, size_t len) {
    void *ptr = ool_buffer.ptr;
    ool_buffer.ptr = NULL;
    m->ool_ptr = ptr;
    m->ool_len = len;
    if (OOL_KEEPS_BLOCKS) {
        ool_payload.ptr = ptr;
        ool_payload.len = len;
    } else {
        malloc_shrink(ptr, len);
    }
}

static void take_payload(struct message *m) {
    bool is_str = MSG_OOL_KIND(m->type) == MSG_OOL_STR;
    if (m->ool_len == 0 && !is_str) {
        m->ool_ptr = NULL;
        return;
    }

    // Happens with an empty payload only, that of a sender who doesn't use this library.
    if (ool_buffer.ptr == NULL) {
        m->type = ERR_NO_MEMORY;
        return;
    }

    size_t len = MAX(m->ool_len, (size_t) 1);
    if (is_str) {
        ((char *) ool_buffer.ptr)[len - 1] = '\0';
    }
    hand_out(m, len);
}

error_t ool_accept(struct message *m) {
    if (ool_is_present(m)) {
        take_payload(m);
    }
    return (m->type < 0) ? m->type : OK;
}

/// Clears what a message hasn't got.
static void clear_rest(struct message *m) {
    size_t used = MSG_LEN(m->type);
    if (ool_is_present(m)) {
        used = MAX(used, sizeof(m->ool_ptr) + sizeof(m->ool_len));
    }
    if (OOL_WRITTEN_WORDS * sizeof(m->words[0]) < sizeof(m->raw)) {
        memset(&m->raw[used], 0, sizeof(m->raw) - used);
    }
}

static SELDOM void accept_other(struct message *m) {
    clear_rest(m);
    (void) ool_accept(m);
}

error_t ool_accept_any(struct message *m) {
    // Most payloads come with nothing else.
    if (ool_is_plain(m) && m->ool_len > 0) {
        size_t first = MAX((size_t) OOL_PLAIN_WORDS, (size_t) OOL_WRITTEN_WORDS);
        for (size_t i = first; i < sizeof(m->words) / sizeof(m->words[0]); i++) {
            m->words[i] = 0;
        }
        hand_out(m, m->ool_len);
        return OK;
    }
    accept_other(m);
    return OK;
}
