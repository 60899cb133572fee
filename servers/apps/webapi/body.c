#include "body.h"

#include <resea/ctype.h>

/// RFC 9112, 7.1. Lines end with CR LF, as in heads.
enum state {
    OVER,
    PLAIN,  ///< Of a known length.
    SIZE,
    EXTENSION,  ///< What may stand behind a size, up to the line's end.
    SIZE_LF,
    CHUNK,
    CHUNK_CR,
    CHUNK_LF,
    TRAILER,     ///< At the beginning of a line.
    IN_TRAILER,  ///< In a line.
    TRAILER_LF,
    LAST_LF,
    BROKEN,
};

/// Digits of the longest size. More than one zero in front is allowed.
#define DIGITS_MAX 15

int body_begin(struct body *body, bool is_chunked, uint64_t len) {
    *body = (struct body){.left = is_chunked ? 0 : len, .total = is_chunked ? 0 : len};
    body->state = is_chunked ? SIZE : (len > 0) ? PLAIN : OVER;
    return (body->total > BODY_MAX) ? 413 : 0;
}

bool body_is_over(const struct body *body) {
    return body->state == OVER;
}

static unsigned digit_value(int ch) {
    return (unsigned) (isdigit(ch) ? ch - '0' : tolower(ch) - 'a' + 10);
}

static enum state after_size(struct body *body, int ch) {
    if (isxdigit(ch) && body->digits < DIGITS_MAX) {
        body->left = body->left * 16 + digit_value(ch);
        body->digits++;
        return SIZE;
    }
    if (body->digits == 0) {
        return BROKEN;
    }
    return (ch == ';') ? EXTENSION : (ch == '\r') ? SIZE_LF : BROKEN;
}

/// Within a line that doesn't matter, `same`: up to the CR, and without control characters.
static enum state after_text(int ch, enum state same, enum state end) {
    bool is_text = ch == '\t' || ((uint8_t) ch >= ' ' && ch != 0x7f);
    return (ch == '\r') ? end : is_text ? same : BROKEN;
}

static enum state begin_chunk(struct body *body, int ch) {
    body->digits = 0;
    body->total += body->left;
    return (ch != '\n') ? BROKEN : (body->left > 0) ? CHUNK : TRAILER;
}

/// A byte that isn't data.
static enum state next(struct body *body, int ch) {
    switch (body->state) {
    case SIZE:
        return after_size(body, ch);
    case EXTENSION:
        return after_text(ch, EXTENSION, SIZE_LF);
    case SIZE_LF:
        return begin_chunk(body, ch);
    case CHUNK_CR:
        return (ch == '\r') ? CHUNK_LF : BROKEN;
    case CHUNK_LF:
        return (ch == '\n') ? SIZE : BROKEN;
    case TRAILER:
        return (ch == ' ' || ch == '\t') ? BROKEN : after_text(ch, IN_TRAILER, LAST_LF);
    case IN_TRAILER:
        return after_text(ch, IN_TRAILER, TRAILER_LF);
    case TRAILER_LF:
        return (ch == '\n') ? TRAILER : BROKEN;
    case LAST_LF:
        return (ch == '\n') ? OVER : BROKEN;
    default:
        return BROKEN;
    }
}

static size_t take_data(struct body *body, size_t len) {
    size_t taken = (size_t) MIN(body->left, (uint64_t) len);
    body->left -= taken;
    if (body->left == 0) {
        body->state = (body->state == PLAIN) ? OVER : CHUNK_CR;
    }
    return taken;
}

size_t body_skip(struct body *body, const char *data, size_t len, int *status) {
    size_t done = 0;
    *status = 0;
    while (done < len && body->state != OVER && *status == 0) {
        if (body->state == PLAIN || body->state == CHUNK) {
            done += take_data(body, len - done);
            continue;
        }
        body->state = (uint8_t) next(body, data[done]);
        done++;
        body->framing++;
        if (body->state == BROKEN) {
            *status = 400;
        } else if (body->total > BODY_MAX || body->framing > BODY_FRAMING_MAX) {
            *status = 413;
        }
    }
    return done;
}
