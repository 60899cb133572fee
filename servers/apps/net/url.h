#ifndef __URL_H__
#define __URL_H__

/// \file
/// URLs of HTTP (RFC 3986), and the first lines of its answers (RFC 9112).

#include <types.h>

#define URL_HOST_LEN 256
#define URL_PATH_LEN 1024

struct url {
    char host[URL_HOST_LEN];  ///< A name or an address, without brackets.
    char path[URL_PATH_LEN];  ///< With the query; "/" at least.
    uint16_t port;
};

/// "http://host:port/path", of which the scheme, the port and the path may be left out. ERR_INVALID_ARG; ERR_TOO_LARGE.
error_t url_parse(const char *text, struct url *url) __mustuse;

/// Where the header of an answer ends: the offset of the body. 0: it isn't complete.
size_t http_header_len(const char *data, size_t len);
/// The status of an answer, 100 to 999; 0: it is no HTTP.
unsigned http_status(const char *data, size_t len);
/// The number that a header field has. False: it has none, or a bad one.
bool http_field_number(const char *header, size_t len, const char *name, uint64_t *number);

#endif
