#include <fs.h>
#include <resea/printf.h>
#include <socket.h>
#include <string.h>

#include "commands.h"
#include "say.h"
#include "url.h"

/// Where what comes goes: a file, or the screen.
struct sink {
    const char *path;  ///< NULL: the screen.
    struct fs_file file;
    uint64_t written;
};

static uint8_t buf[8 * PAGE_SIZE] __aligned(PAGE_SIZE);

static bool sink_open(struct sink *sink, const char *path) {
    memset(sink, 0, sizeof(*sink));
    sink->path = path;
    if (path == NULL) {
        return true;
    }
    return say_file(path, fs_create(path, true, &sink->file))
           && say_file(path, fs_truncate(&sink->file, 0));
}

static bool sink_write(struct sink *sink, const void *data, size_t len) {
    uint64_t offset = sink->written;
    sink->written += len;
    if (sink->path == NULL) {
        printf("%.*s", (int) len, (const char *) data);
        return true;
    }
    return say_file(sink->path, fs_write(&sink->file, offset, data, len));
}

static bool sink_close(struct sink *sink) {
    if (sink->path == NULL) {
        return true;
    }
    bool ok = say_file(sink->path, fs_flush(&sink->file));
    fs_close(&sink->file);
    return ok;
}

/// HTTP/1.0, so that the answer ends with the connection and comes in one piece.
static error_t send_request(struct socket *socket, const struct url *url, bool head,
                            msec_t timeout) {
    static char request[URL_PATH_LEN + URL_HOST_LEN + 128];
    int len =
        snprintf(request, sizeof(request),
                 "%s %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: resea\r\nConnection: close\r\n\r\n",
                 head ? "HEAD" : "GET", url->path, url->host);
    return socket_send_all(socket, request, (size_t) len, timeout);
}

/// Receives until the header is complete. `*len` is how much there is of the answer.
static error_t receive_header(struct socket *socket, msec_t timeout, size_t *len,
                              size_t *header_len) {
    *len = *header_len = 0;
    while (*header_len == 0) {
        size_t received;
        if (*len == sizeof(buf)) {
            return ERR_TOO_LARGE;
        }
        error_t err = socket_receive(socket, &buf[*len], sizeof(buf) - *len, timeout, &received);
        if (IS_ERROR(err)) {
            return err;
        }
        *len += received;
        *header_len = http_header_len((const char *) buf, *len);
    }
    return OK;
}

/// Receives the rest. Returns whether it has come whole.
static bool receive_body(struct socket *socket, const char *subject, struct sink *sink,
                         msec_t timeout, uint64_t expected) {
    while (true) {
        size_t received;
        error_t err = socket_receive(socket, buf, sizeof(buf), timeout, &received);
        if (err == ERR_END) {
            break;
        }
        if (!say(subject, err) || !sink_write(sink, buf, received)) {
            return false;
        }
    }
    if (expected != UINT64_MAX && sink->written != expected) {
        printf("%s: %s: %llu of %llu bytes have come\n", command_name, subject,
               (unsigned long long) sink->written, (unsigned long long) expected);
        return false;
    }
    return true;
}

static bool fetch(struct socket *socket, const struct url *url, const struct args *args,
                  msec_t timeout) {
    const char *subject = args->words[0];
    bool head = args->options['I'] != NULL;
    size_t len = 0, header_len = 0;
    error_t err = send_request(socket, url, head, timeout);
    if (IS_OK(err)) {
        err = receive_header(socket, timeout, &len, &header_len);
    }
    if (!say(subject, err)) {
        return false;
    }
    unsigned status = http_status((const char *) buf, header_len);
    if (status == 0) {
        say_text(subject, "the answer isn't HTTP");
        return false;
    }
    if (head) {
        printf("%.*s", (int) header_len, (const char *) buf);
        return status < 400;
    }
    uint64_t expected;
    if (!http_field_number((const char *) buf, header_len, "Content-Length", &expected)) {
        expected = UINT64_MAX;
    }
    struct sink sink;
    if (!sink_open(&sink, args->options['o'])) {
        return false;
    }
    bool ok = sink_write(&sink, &buf[header_len], len - header_len)
              && receive_body(socket, subject, &sink, timeout, expected);
    ok = sink_close(&sink) && ok;
    if (status >= 300) {
        printf("%s: %s: status %u\n", command_name, subject, status);
    }
    return ok && status < 300;
}

int http(const struct args *args) {
    static struct url url;
    struct socket socket;
    uint64_t seconds;
    if (!option_number(args, 'w', 1, 3600, 30, &seconds)
        || !say(args->words[0], url_parse(args->words[0], &url))) {
        return STATUS_USAGE;
    }
    msec_t timeout = (msec_t) seconds * 1000;
    if (!say(url.host, socket_dial(url.host, url.port, timeout, &socket))) {
        return STATUS_FAILED;
    }
    bool ok = fetch(&socket, &url, args, timeout);
    socket_close(&socket);
    return ok ? 0 : STATUS_FAILED;
}
