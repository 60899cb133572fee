#include "reply.h"

#include <string.h>

#include "clock.h"

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "200 OK"},
    {204, "204 No Content"},
    {206, "206 Partial Content"},
    {301, "301 Moved Permanently"},
    {304, "304 Not Modified"},
    {400, "400 Bad Request"},
    {404, "404 Not Found"},
    {405, "405 Method Not Allowed"},
    {408, "408 Request Timeout"},
    {413, "413 Content Too Large"},
    {414, "414 URI Too Long"},
    {416, "416 Range Not Satisfiable"},
    {417, "417 Expectation Failed"},
    {431, "431 Request Header Fields Too Large"},
    {500, "500 Internal Server Error"},
    {501, "501 Not Implemented"},
    {503, "503 Service Unavailable"},
    {505, "505 HTTP Version Not Supported"},
};

static const char *status_text(int status) {
    size_t i = 0;
    while (statuses[i].status != status && i + 1 < sizeof(statuses) / sizeof(statuses[0])) {
        i++;
    }
    return statuses[i].text;
}

static void add_version(struct text *out, const struct version *version) {
    if (version == NULL) {
        text_add_literal(out, "Cache-Control: no-store\r\n");
        return;
    }
    // It may be kept, but is asked for each time: 304 costs little.
    text_add_literal(out, "Cache-Control: no-cache\r\n");
    if (version->etag[0] != '\0') {
        text_add_literal(out, "ETag: ");
        text_add(out, version->etag);
        text_add_literal(out, "\r\n");
    }
    if (version->date[0] != '\0') {
        text_add_literal(out, "Last-Modified: ");
        text_add(out, version->date);
        text_add_literal(out, "\r\n");
    }
}

void reply_add_head(struct text *out, const struct reply *reply) {
    text_add_literal(out, "HTTP/1.1 ");
    text_add(out, status_text(reply->status));
    text_add_literal(out, "\r\n");
    clock_add_date(out);
    if (reply->type != NULL) {
        text_add_literal(out, "Content-Type: ");
        text_add(out, reply->type);
        text_add_literal(out, "\r\nX-Content-Type-Options: nosniff\r\n");
    }
    if (reply->length != LENGTH_UNKNOWN) {
        text_add_literal(out, "Content-Length: ");
        text_add_number(out, reply->length);
        text_add_literal(out, "\r\n");
    } else if (reply->is_chunked) {
        text_add_literal(out, "Transfer-Encoding: chunked\r\n");
    }
    add_version(out, reply->version);
    if (reply->is_close) {
        text_add_literal(out, "Connection: close\r\n");
    } else if (reply->is_old) {
        text_add_literal(out, "Connection: keep-alive\r\n");
    }
    if (reply->more != NULL) {
        text_add(out, reply->more);
    }
    text_add_literal(out, "\r\n");
}

/// 204 and 304 have no body, and don't say how long one would be: RFC 9110, 8.6.
static bool has_body(int status) {
    return status != 204 && status != 304;
}

void reply_add_status(struct text *out, const struct reply *reply, bool is_head) {
    struct reply whole = *reply;
    const char *text = status_text(reply->status);
    whole.length = LENGTH_UNKNOWN;
    whole.is_chunked = false;
    if (has_body(reply->status)) {
        whole.type = "text/plain; charset=utf-8";
        whole.length = strlen(text) + 1;
    }
    reply_add_head(out, &whole);
    if (has_body(reply->status) && !is_head) {
        text_add(out, text);
        text_add_literal(out, "\n");
    }
}
