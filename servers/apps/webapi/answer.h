#ifndef __ANSWER_H__
#define __ANSWER_H__

/// \file
/// What a request is answered with.

#include "connection.h"

/// Bytes that are needed for the beginning of any answer.
#define ANSWER_MAX 16384

/// Adds the answer to c->request, whose head is given, and whose body is over; what doesn't fit is left in c->content.
/// Sets c->is_closing if the connection ends behind it.
void answer(struct connection *c, const char *head, struct text *out);
/// Adds the answer to a request that is none, or that is not worth waiting for: the connection ends behind it.
void answer_error(struct connection *c, int status, struct text *out);
/// Whether the body of c->request is to be waited for. If not, the answer comes first, and the connection ends.
bool answer_wants_body(const struct connection *c);

/// Adds the next part of c->content, of which there is some: ANSWER_MAX bytes at most. An error: the rest can't be had, and
/// the connection has to be cut.
error_t answer_more(struct connection *c, struct text *out);
/// Gives back what c->content has.
void answer_end(struct connection *c);

#endif
