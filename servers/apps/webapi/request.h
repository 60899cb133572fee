#ifndef __REQUEST_H__
#define __REQUEST_H__

/// \file
/// The head of an HTTP/1.1 request (RFC 9112): request line and fields. It may come in any number of parts: nothing is
/// looked at twice, and nothing is copied, as what is found is told by its place.
///
/// Where the specification leaves a choice, the strict one is taken, so that nobody in front of the server can see other
/// requests in the same bytes: lines end with CR LF, no line continues another, there is no space before a colon, and there
/// is one way to say how long a body is.

#include <types.h>

/// Bytes of the longest request line, without its end: RFC 9112, 3 wants 8,000 at least.
#define REQUEST_LINE_MAX 8000
/// Bytes of all fields, and how many there may be.
#define REQUEST_FIELDS_LEN_MAX 8192
#define REQUEST_FIELDS_MAX     100
/// Bytes of the longest head.
#define REQUEST_HEAD_MAX (REQUEST_LINE_MAX + REQUEST_FIELDS_LEN_MAX)

enum request_method {
    METHOD_UNKNOWN,
    METHOD_GET,
    METHOD_HEAD,
    METHOD_OPTIONS,
    METHOD_OTHER,  ///< Known, but nothing here has it: POST, PUT, DELETE, PATCH, CONNECT, TRACE.
};

/// A part of the head; `len` is 0 if it isn't there.
struct part {
    uint16_t at, len;
};

/// Zeroed to begin.
struct request {
    // The parser's.
    uint16_t line;     ///< Where the line begins that is being looked for.
    uint16_t scanned;  ///< No line ends before.
    uint16_t fields_at;
    uint8_t num_fields;
    bool has_line;
    // What it has found.
    bool has_host, has_length, has_encoding;
    bool close, keep_alive;  ///< As `Connection` says.
    bool expects_continue;
    uint8_t method;   ///< enum request_method
    uint8_t version;  ///< 10 or 11; 11 is any 1.x from 1.1 on.
    struct part target;
    struct part range, if_range, if_none_match, if_modified_since;
    uint64_t content_length;
};

#define REQUEST_MORE 0
#define REQUEST_DONE 1

/// Looks at what has come of a request since it began, which was less than now at the last call. REQUEST_MORE: that is
/// not all. REQUEST_DONE: it is, in the first request->line bytes. Else the status of the answer, after which nothing that
/// comes on the connection means anything.
int request_parse(struct request *request, const char *head, size_t len);

/// Whether the connection lives on after the answer, as far as the client is concerned.
bool request_keeps_alive(const struct request *request);

/// Whether a part of a head is `text`, which is in lower case; case doesn't matter.
bool part_is(const char *head, struct part part, const char *text);

#endif
