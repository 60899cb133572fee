#include "answer.h"

#include <resea/ctype.h>
#include <string.h>

#include "condition.h"
#include "files.h"
#include "reply.h"
#include "target.h"

#define ALLOW "Allow: GET, HEAD, OPTIONS\r\n"
/// Bytes of a part of a file, and of a chunk of JSON.
#define PART_MAX 8192
/// What a chunk has around it: its size, and two line ends.
#define CHUNK_SIZE_LEN 6

/// The path of a directory that a client is sent to, and what is around it.
#define LOCATION_LEN (3 * TARGET_PATH_LEN + 32)

static bool is_head(const struct connection *c) {
    return c->request.method == METHOD_HEAD;
}

static struct reply begin_reply(const struct connection *c, int status) {
    return (struct reply){.status = status,
                          .is_close = c->is_closing,
                          .is_old = c->request.version == 10,
                          .length = LENGTH_UNKNOWN};
}

static void add_status(struct connection *c, struct text *out, int status, const char *more) {
    struct reply reply = begin_reply(c, status);
    reply.more = more;
    reply_add_status(out, &reply, is_head(c));
}

void answer_error(struct connection *c, int status, struct text *out) {
    c->is_closing = true;
    c->is_unread = true;
    add_status(c, out, status, (status == 405) ? ALLOW : NULL);
}

// ---- Files --------------------------------------------------------------------------------------

static bool is_unreserved(int ch) {
    return isalnum(ch) || strchr("-._~/", ch) != NULL;
}

/// Sends the client to the same path with a slash at its end.
static void answer_moved(struct connection *c, struct text *out, const char *path) {
    char location[LOCATION_LEN];
    struct text text = {.buf = location, .size = sizeof(location) - 1};
    // Two slashes would begin the name of another host.
    while (path[0] == '/' && path[1] == '/') {
        path++;
    }
    text_add_literal(&text, "Location: ");
    for (; *path != '\0'; path++) {
        if (is_unreserved(*path)) {
            text_add_bytes(&text, path, 1);
        } else {
            text_add_literal(&text, "%");
            text_add_hex(&text, (uint8_t) *path, 2);
        }
    }
    text_add_literal(&text, "/\r\n");
    location[text.len] = '\0';
    add_status(c, out, 301, location);
}

static bool is_cached(const struct connection *c, const char *head, const struct file *file) {
    const struct request *r = &c->request;
    return condition_is_cached(&file->version, &head[r->if_none_match.at], r->if_none_match.len,
                               &head[r->if_modified_since.at], r->if_modified_since.len);
}

static enum range_kind find_range(const struct connection *c, const char *head,
                                  const struct file *file, uint64_t *begin, uint64_t *end) {
    const struct request *r = &c->request;
    *begin = 0;
    *end = file->size;
    if (r->method != METHOD_GET || r->range.len == 0
        || !condition_wants_range(&file->version, &head[r->if_range.at], r->if_range.len)) {
        return RANGE_NONE;
    }
    enum range_kind kind = range_parse(&head[r->range.at], r->range.len, file->size, begin, end);
    if (kind != RANGE_PART) {
        *begin = 0;
        *end = file->size;
    }
    return kind;
}

static void add_content_range(struct text *lines, enum range_kind kind, uint64_t begin,
                              uint64_t end, uint64_t size) {
    text_add_literal(lines, "Accept-Ranges: bytes\r\n");
    if (kind != RANGE_NONE) {
        text_add_literal(lines, "Content-Range: bytes ");
        if (kind == RANGE_PART) {
            text_add_number(lines, begin);
            text_add_literal(lines, "-");
            text_add_number(lines, end - 1);
        } else {
            text_add_literal(lines, "*");
        }
        text_add_literal(lines, "/");
        text_add_number(lines, size);
        text_add_literal(lines, "\r\n");
    }
    text_add_bytes(lines, "", 1);
}

static void close_file(struct file *file) {
    if (file->data == NULL) {
        fs_close(&file->open);
    }
}

/// Says what the file has from `begin` to `end`, now or later.
static void add_file(struct connection *c, struct text *out, struct file *file, uint64_t begin,
                     uint64_t end) {
    if (file->data != NULL) {
        text_add_bytes(out, (const char *) file->data + begin, (size_t) (end - begin));
        return;
    }
    c->content.kind = CONTENT_FILE;
    c->content.file = file->open;
    c->content.at = begin;
    c->content.end = end;
}

static void answer_range(struct connection *c, const char *head, struct text *out,
                         struct file *file) {
    uint64_t begin, end;
    char lines[128];
    struct text more = {.buf = lines, .size = sizeof(lines)};
    enum range_kind kind = find_range(c, head, file, &begin, &end);
    add_content_range(&more, kind, begin, end, file->size);
    if (kind == RANGE_BEYOND) {
        add_status(c, out, 416, lines);
        close_file(file);
        return;
    }
    struct reply reply = begin_reply(c, (kind == RANGE_PART) ? 206 : 200);
    reply.type = file->type;
    reply.version = &file->version;
    reply.length = end - begin;
    reply.more = lines;
    reply_add_head(out, &reply);
    if (is_head(c)) {
        close_file(file);
    } else {
        add_file(c, out, file, begin, end);
    }
}

static void answer_file(struct connection *c, const char *head, struct text *out,
                        const char *path) {
    struct file file;
    int status = files_open(path, &file);
    if (status == 301) {
        answer_moved(c, out, path);
    } else if (status != 200) {
        add_status(c, out, status, NULL);
    } else if (is_cached(c, head, &file)) {
        struct reply reply = begin_reply(c, 304);
        reply.version = &file.version;
        reply_add_status(out, &reply, is_head(c));
        close_file(&file);
    } else {
        answer_range(c, head, out, &file);
    }
}

/// Reads what comes next straight into the answer.
static error_t add_part_of_file(struct content *content, struct text *out) {
    size_t len = (size_t) MIN(content->end - content->at, (uint64_t) text_room(out));
    size_t done = 0;
    error_t err = fs_read_into(&content->file, content->at, &out->buf[out->len], len, &done);
    if (IS_ERROR(err)) {
        return err;
    }
    content->at += done;
    out->len += done;
    // Shorter than it was: what was promised can't be sent.
    return (done == len) ? OK : ERR_IO;
}

// ---- The API ------------------------------------------------------------------------------------

/// Makes pieces while there is room for another one. False: that was all.
static bool make_pieces(struct content *content, struct text *text) {
    bool more = true;
    while (more && text_room(text) >= API_PIECE_MAX) {
        more = content->more(&content->state, text);
    }
    return more;
}

static void add_last_chunk(struct text *out) {
    text_add_literal(out, "0\r\n\r\n");
}

static void add_chunk(struct text *out, const struct text *data) {
    text_add_hex(out, data->len, CHUNK_SIZE_LEN - 2);
    text_add_literal(out, "\r\n");
    text_add_bytes(out, data->buf, data->len);
    text_add_literal(out, "\r\n");
}

/// Says how long the answer is if it is made at once, and begins to send it in chunks if it isn't.
static void answer_api(struct connection *c, struct text *out, api_more_t api,
                       const struct target *target) {
    static char buf[PART_MAX];
    struct text body = {.buf = buf, .size = sizeof(buf)};
    struct content content = {.kind = CONTENT_API, .more = api};
    content.state.from = target_query_number(target, "from", 0);
    bool more = make_pieces(&content, &body);
    content.is_chunked = more && c->request.version > 10;
    // The client can't see where it ends, otherwise.
    c->is_closing |= more && !content.is_chunked;
    struct reply reply = begin_reply(c, 200);
    reply.type = "application/json";
    reply.length = more ? LENGTH_UNKNOWN : body.len;
    reply.is_chunked = content.is_chunked;
    reply_add_head(out, &reply);
    if (is_head(c)) {
        return;
    }
    if (content.is_chunked) {
        add_chunk(out, &body);
    } else {
        text_add_bytes(out, body.buf, body.len);
    }
    if (more) {
        c->content = content;
    }
}

/// Makes what comes next where it will be sent from; a chunk's size is put in front of it then.
static void add_pieces(struct content *content, struct text *out) {
    size_t around = content->is_chunked ? CHUNK_SIZE_LEN : 0;
    struct text size = {.buf = &out->buf[out->len], .size = around};
    struct text data = {.buf = &out->buf[out->len + around], .size = PART_MAX};
    bool more = make_pieces(content, &data);
    text_add_hex(&size, data.len, CHUNK_SIZE_LEN - 2);
    text_add_literal(&size, "\r\n");
    out->len += around + data.len;
    if (content->is_chunked) {
        text_add_literal(out, "\r\n");
    }
    if (!more) {
        content->kind = CONTENT_NONE;
        if (content->is_chunked) {
            add_last_chunk(out);
        }
    }
}

// ---- All of them --------------------------------------------------------------------------------

bool answer_wants_body(const struct connection *c) {
    return c->request.method != METHOD_OTHER || !c->request.expects_continue;
}

void answer(struct connection *c, const char *head, struct text *out) {
    const struct request *r = &c->request;
    struct target target;
    c->is_closing |= !request_keeps_alive(r);
    if (r->method == METHOD_OTHER) {
        add_status(c, out, 405, ALLOW);
        return;
    }
    bool is_any = part_is(head, r->target, "*");
    int status = (is_any && r->method == METHOD_OPTIONS)
                     ? 0
                     : target_parse(&head[r->target.at], r->target.len, &target);
    if (status != 0) {
        add_status(c, out, status, NULL);
        return;
    }
    if (r->method == METHOD_OPTIONS) {
        add_status(c, out, 204, ALLOW);
        return;
    }
    api_more_t api = api_find(target.path);
    if (api != NULL) {
        answer_api(c, out, api, &target);
    } else {
        answer_file(c, head, out, target.path);
    }
}

error_t answer_more(struct connection *c, struct text *out) {
    struct content *content = &c->content;
    if (content->kind == CONTENT_API) {
        add_pieces(content, out);
        return OK;
    }
    error_t err = (content->at < content->end) ? add_part_of_file(content, out) : OK;
    if (IS_ERROR(err) || content->at == content->end) {
        answer_end(c);
    }
    return err;
}

void answer_end(struct connection *c) {
    if (c->content.kind == CONTENT_FILE) {
        fs_close(&c->content.file);
    }
    c->content.kind = CONTENT_NONE;
}
