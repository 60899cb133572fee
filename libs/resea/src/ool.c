#include "ool.h"

#include <config.h>
#include <resea/malloc.h>
#include <string.h>

#ifdef CONFIG_MMU
#    define CAPACITY ((size_t) CONFIG_OOL_MAX)
#else
/// The manifest tells how much a program can receive; the linker's symbol has that value.
extern char __ool_len[];
#    define CAPACITY ((size_t) __ool_len)
#endif

/// Allocated for the first receive, and again after each payload has been handed to the program, as
/// late as possible: a program that frees its payloads gets the same memory over and over.
struct ool_buffer ool_buffer;

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

void ool_refill(void) {
    if (CAPACITY > 0) {
        ool_buffer.ptr = malloc(CAPACITY);
    }
    // Without memory we still receive whatever has no payload.
    ool_buffer.capacity = (ool_buffer.ptr != NULL) ? CAPACITY : 0;
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
    malloc_shrink(ool_buffer.ptr, len);
    m->ool_ptr = ool_buffer.ptr;
    m->ool_len = len;
    ool_buffer.ptr = NULL;
}

error_t ool_accept(struct message *m) {
    if (ool_is_present(m)) {
        take_payload(m);
    }
    return (m->type < 0) ? m->type : OK;
}

error_t ool_accept_any(struct message *m) {
    size_t used = MSG_LEN(m->type);
    if (ool_is_present(m)) {
        used = MAX(used, sizeof(m->ool_ptr) + sizeof(m->ool_len));
    }
    memset(&m->raw[used], 0, sizeof(m->raw) - used);
    (void) ool_accept(m);
    return OK;
}
