#ifndef __REPLY_H__
#define __REPLY_H__

/// \file
/// The heads of answers, and answers that are nothing but a status.

#include <types.h>

#include "condition.h"
#include "text.h"

#define LENGTH_UNKNOWN UINT64_MAX

struct reply {
    int status;
    bool is_close;     ///< The connection ends behind it.
    bool is_old;       ///< The client has HTTP/1.0: it is told when the connection stays.
    bool is_chunked;   ///< Its length isn't known, and the client understands chunks.
    const char *type;  ///< Media type; NULL: there is no body.
    uint64_t length;   ///< Of the body, or LENGTH_UNKNOWN.
    const struct version *version;  ///< NULL: it has none, and is never to be kept.
    const char *more;               ///< More lines, each with its end; or NULL.
};

/// Bytes that a head has at most, `more` left out.
#define REPLY_HEAD_MAX 512

void reply_add_head(struct text *out, const struct reply *reply);
/// An answer with the status and what that means as its body; without the body if `is_head`.
void reply_add_status(struct text *out, const struct reply *reply, bool is_head);

#endif
