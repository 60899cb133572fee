#ifndef __BODY_H__
#define __BODY_H__

/// \file
/// The body of a request, in any number of parts: nothing here has a use for one, so it is checked and skipped. What is
/// behind it is the next request.

#include <types.h>

/// Bytes of the longest body, and of the longest framing of a chunked one: chunk sizes with what may stand behind them, and
/// trailers.
#define BODY_MAX         (1024 * 1024)
#define BODY_FRAMING_MAX 16384

struct body {
    uint64_t left;  ///< Bytes of the body, or of the chunk, that are still to come.
    uint64_t total;
    uint32_t framing;
    uint8_t digits;
    uint8_t state;
};

/// Begins with one of a known length, or a chunked one. 0, or a status.
int body_begin(struct body *body, bool is_chunked, uint64_t len);
bool body_is_over(const struct body *body);
/// Takes what belongs to the body from the front of what has come. Returns how many bytes that was, all if it isn't over.
/// *status: 0, or the status of the answer, after which nothing that comes on the connection means anything.
size_t body_skip(struct body *body, const char *data, size_t len, int *status);

#endif
