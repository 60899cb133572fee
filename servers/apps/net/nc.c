#include <fs.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <socket.h>
#include <string.h>

#include "commands.h"
#include "say.h"

static bool send(struct socket *socket, const void *data, size_t len) {
    return say("send", socket_send_all(socket, data, len, SOCKET_FOREVER));
}

static bool send_words(struct socket *socket, char *const *words, int count) {
    bool ok = true;
    for (int i = 0; i < count && ok; i++) {
        ok = send(socket, words[i], strlen(words[i]))
             && send(socket, (i + 1 < count) ? " " : "\n", 1);
    }
    return ok;
}

static bool send_file(struct socket *socket, const char *path) {
    struct fs_file file;
    if (!say_file(path, fs_open(path, &file))) {
        return false;
    }
    uint64_t offset = 0;
    size_t len = 1;
    bool ok = true;
    while (ok && len > 0) {
        void *data;
        ok = say_file(path, fs_read(&file, offset, FS_TRANSFER_MAX, &data, &len));
        if (ok) {
            ok = send(socket, data, len);
            offset += len;
            free(data);
        }
    }
    fs_close(&file);
    return ok;
}

/// Prints or stores what comes, until the end or until nothing has come for a while.
static bool receive_all(struct socket *socket, const char *path, msec_t timeout) {
    static uint8_t buf[4 * PAGE_SIZE] __aligned(PAGE_SIZE);
    struct fs_file file;
    if (path != NULL
        && (!say_file(path, fs_create(path, true, &file))
            || !say_file(path, fs_truncate(&file, 0)))) {
        return false;
    }
    uint64_t offset = 0;
    bool ok = true;
    while (ok) {
        size_t len;
        error_t err = socket_receive(socket, buf, sizeof(buf), timeout, &len);
        if (err == ERR_END) {
            break;
        }
        ok = say("receive", err);
        if (ok && path != NULL) {
            ok = say_file(path, fs_write(&file, offset, buf, len));
            offset += len;
        } else if (ok) {
            printf("%.*s", (int) len, (const char *) buf);
            printf_flush();
        }
    }
    if (path != NULL) {
        ok = say_file(path, fs_flush(&file)) && ok;
        fs_close(&file);
    }
    return ok;
}

static bool talk(struct socket *socket, const struct args *args, int first, msec_t timeout) {
    const char *file = args->options['f'];
    bool ok = (file != NULL) ? send_file(socket, file)
                             : send_words(socket, &args->words[first], args->count - first);
    return ok && say("send", socket_shutdown(socket, SOCKET_HOW_SEND))
           && receive_all(socket, args->options['o'], timeout);
}

static bool serve_one(const struct args *args, msec_t timeout) {
    struct socket listener, client;
    struct socket_address local = {.port = 0}, remote;
    memset(&local, 0, sizeof(local));
    if (!word_port(args->words[0], &local.port)
        || !say(args->words[0], socket_listen(&local, 1, &listener))) {
        return false;
    }
    bool ok = say(args->words[0], socket_accept(&listener, SOCKET_FOREVER, &client, &remote));
    socket_close(&listener);
    if (ok) {
        char text[SOCKET_ADDRESS_TEXT_LEN];
        socket_format_address(&remote, text);
        printf("nc: %s\n", text);
        printf_flush();
        ok = talk(&client, args, 1, timeout);
        socket_close(&client);
    }
    return ok;
}

static bool connect_and_talk(const struct args *args, msec_t timeout) {
    struct socket socket;
    uint16_t port;
    if (!word_port(args->words[1], &port)
        || !say(args->words[0], socket_dial(args->words[0], port, timeout, &socket))) {
        return false;
    }
    bool ok = talk(&socket, args, 2, timeout);
    socket_close(&socket);
    return ok;
}

int nc(const struct args *args) {
    uint64_t seconds;
    bool listens = args->options['l'] != NULL;
    if (!option_number(args, 'w', 1, 86400, 0, &seconds) || (!listens && args->count < 2)) {
        return STATUS_USAGE;
    }
    msec_t timeout = (seconds > 0) ? (msec_t) seconds * 1000 : SOCKET_FOREVER;
    bool ok = listens ? serve_one(args, timeout) : connect_and_talk(args, timeout);
    return ok ? 0 : STATUS_FAILED;
}
