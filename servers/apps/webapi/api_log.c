#include <resea/syscall.h>

#include "api.h"

/// What the console has printed, from the query's `from` on: {"text":"…","next":N}. `next` is `from` of who wants what comes
/// then.
///
/// Where a piece would cut a character of several bytes, it is shortened.

#define LOG_PIECE 256

/// Bytes at the end that begin a character without ending it.
static size_t cut_character(const char *text, size_t len) {
    for (size_t back = 1; back <= 3 && back < len; back++) {
        uint8_t ch = (uint8_t) text[len - back];
        if ((ch & 0xc0) == 0x80) {
            continue;
        }
        size_t wanted = (ch < 0xc0) ? 1 : (ch < 0xe0) ? 2 : (ch < 0xf0) ? 3 : 4;
        return (wanted > back) ? back : 0;
    }
    return 0;
}

/// Reads up to 256 bytes, of which the kernel gives 128 at a time.
static size_t read_log(char buf[LOG_PIECE], uint32_t *position) {
    size_t len = 0;
    int chunk;
    do {
        chunk = sys_klog_read(&buf[len], LOG_PIECE - len, position);
        len += (chunk > 0) ? (size_t) chunk : 0;
    } while (chunk > 0 && len < LOG_PIECE);
    return len;
}

bool api_log(struct api_state *state, struct text *out) {
    if (state->step == 0) {
        text_add_literal(out, "{\"text\":\"");
        state->step = 1;
        state->index = state->from;
    }
    char buf[LOG_PIECE];
    size_t len = read_log(buf, &state->index);
    size_t cut = (len == sizeof(buf)) ? cut_character(buf, len) : 0;
    state->index -= (uint32_t) cut;
    text_add_json_part(out, buf, len - cut);
    // Whoever prints all the time must not make an answer without an end.
    state->count++;
    if (len == sizeof(buf) && state->count < 4096) {
        return true;
    }
    text_add_literal(out, "\"");
    text_add_member_number(out, "next", state->index);
    text_add_literal(out, "}\n");
    return false;
}
