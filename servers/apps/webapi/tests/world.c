#include "world.h"

#include <fs.h>
#include <socket.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../api.h"
#include "../clock.h"
#include "../connection.h"

#define PEERS_MAX 1024

static struct peer peers[PEERS_MAX];
static unsigned num_peers, num_accepted;
static struct socket listener;
static bool lacks_memory;
static uint32_t now = 1000;
static unsigned open_files;
static size_t bytes_read;

// ---- Sockets ------------------------------------------------------------------------------------

static struct peer *peer_of(const struct socket *socket) {
    return &peers[socket->handle - 1];
}

error_t socket_accept(struct socket *from, msec_t timeout, struct socket *socket,
                      struct socket_address *remote) {
    TEST_EXPECT(from == &listener && timeout == 0);
    if (num_accepted == num_peers) {
        return ERR_WOULD_BLOCK;
    }
    if (lacks_memory) {
        lacks_memory = false;
        return ERR_NO_MEMORY;
    }
    struct peer *peer = &peers[num_accepted++];
    memset(socket, 0, sizeof(*socket));
    socket->handle = (handle_t) num_accepted;
    peer->socket = socket;
    *remote = (struct socket_address){.ip = peer->addr, .port = 1024};
    return OK;
}

error_t socket_send(struct socket *socket, const void *data, size_t len, msec_t timeout __unused,
                    size_t *sent) {
    struct peer *peer = peer_of(socket);
    TEST_EXPECT(len > 0 && !peer->is_shut);
    if (IS_ERROR(peer->failure)) {
        return peer->failure;
    }
    *sent = MIN(len, peer->room);
    if (*sent == 0) {
        return ERR_WOULD_BLOCK;
    }
    peer->room -= (peer->room == ROOM_ANY) ? 0 : *sent;
    peer->sends++;
    peer->answer = realloc(peer->answer, peer->answer_len + *sent + 1);
    memcpy(&peer->answer[peer->answer_len], data, *sent);
    peer->answer_len += *sent;
    peer->answer[peer->answer_len] = '\0';
    return OK;
}

error_t socket_receive(struct socket *socket, void *buf, size_t len, msec_t timeout __unused,
                       size_t *received) {
    struct peer *peer = peer_of(socket);
    if (IS_ERROR(peer->failure)) {
        return peer->failure;
    }
    *received = MIN(len, peer->sent - peer->read);
    if (*received == 0) {
        return peer->has_ended ? ERR_END : ERR_WOULD_BLOCK;
    }
    memcpy(buf, &peer->to_server[peer->read], *received);
    peer->read += *received;
    return OK;
}

error_t socket_shutdown(struct socket *socket, enum socket_how how) {
    TEST_EXPECT_EQ(how, SOCKET_HOW_SEND);
    peer_of(socket)->is_shut = true;
    return OK;
}

void socket_close(struct socket *socket) {
    peer_of(socket)->is_closed = true;
    peer_of(socket)->socket = NULL;
}

void socket_abort(struct socket *socket) {
    peer_of(socket)->is_aborted = true;
    peer_of(socket)->socket = NULL;
}

// ---- Clients ------------------------------------------------------------------------------------

static void tell(struct peer *peer, unsigned events) {
    if (peer->socket != NULL) {
        peer->socket->ready(peer->socket, events);
    }
    world_run();
}

void world_run(void) {
    unsigned turns = 0;
    while (connections_run()) {
        turns++;
        if (turns > 100000) {
            TEST_EXPECT(!"it has an end");
            return;
        }
    }
}

struct peer *world_connect(const char *addr) {
    struct peer *peer = &peers[num_peers++];
    *peer = (struct peer){.room = ROOM_ANY, .failure = OK};
    TEST_EXPECT(num_peers <= PEERS_MAX && IS_OK(ip_addr_parse(addr, &peer->addr)));
    connections_accept(&listener, SOCKET_READABLE);
    world_run();
    return peer;
}

void world_send(struct peer *peer, const char *data, size_t len) {
    if (world_is_over(peer)) {
        return;
    }
    peer->to_server = realloc(peer->to_server, peer->sent + len + 1);
    memcpy(&peer->to_server[peer->sent], data, len);
    peer->sent += len;
    tell(peer, SOCKET_READABLE);
}

void world_send_in_pieces(struct peer *peer, const char *data, size_t len, size_t piece) {
    for (size_t at = 0; at < len; at += piece) {
        world_send(peer, &data[at], MIN(piece, len - at));
    }
}

void world_say(struct peer *peer, const char *text) {
    world_send(peer, text, strlen(text));
}

void world_end(struct peer *peer) {
    peer->has_ended = true;
    tell(peer, SOCKET_READABLE | SOCKET_ENDED);
}

void world_take(struct peer *peer, size_t room) {
    peer->room = room;
    tell(peer, SOCKET_WRITABLE);
}

void world_fail(struct peer *peer, error_t err) {
    peer->failure = err;
    tell(peer, SOCKET_FAILED);
}

bool world_is_over(const struct peer *peer) {
    return peer->is_closed || peer->is_aborted;
}

void world_lack_memory(void) {
    lacks_memory = true;
}

// ---- The clock ----------------------------------------------------------------------------------

uint32_t clock_now(void) {
    return now;
}

void clock_add_date(struct text *text) {
    text_add_literal(text, "Date: Sat, 28 Nov 2026 17:00:00 GMT\r\n");
}

void world_wait(unsigned seconds) {
    for (unsigned i = 0; i < seconds; i++) {
        now++;
        connections_tick();
        world_run();
    }
}

// ---- Files --------------------------------------------------------------------------------------

/// The handle is what is open.
static const struct {
    const char *path;
    size_t size, readable;
    enum fs_type type;
} files[] = {
    {"/www/index.html", sizeof(PAGE) - 1, sizeof(PAGE) - 1, FS_TYPE_FILE},
    {"/www/large.bin", LARGE_LEN, LARGE_LEN, FS_TYPE_FILE},
    {"/www/shrinks", LARGE_LEN, LARGE_LEN / 2, FS_TYPE_FILE},
    {"/www/breaks", LARGE_LEN, 0, FS_TYPE_FILE},
    {"/www/dir", 0, 0, FS_TYPE_DIRECTORY},
    {"/www/a\"b", 0, 0, FS_TYPE_DIRECTORY},
};
#define NUM_FILES (sizeof(files) / sizeof(files[0]))

char world_file_byte(size_t at) {
    return (char) (at * 7 + at / 251);
}

error_t fs_open(const char *path, struct fs_file *file) {
    for (size_t i = 0; i < NUM_FILES; i++) {
        if (!strcmp(files[i].path, path)) {
            *file = (struct fs_file){.handle = (handle_t) i + 1};
            open_files++;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

void fs_close(struct fs_file *file) {
    TEST_EXPECT(open_files > 0 && file->handle > 0);
    file->handle = 0;
    open_files--;
}

error_t fs_fstat(struct fs_file *file, struct fs_info *info) {
    *info = (struct fs_info){.size = files[file->handle - 1].size,
                             .type = files[file->handle - 1].type};
    return OK;
}

error_t fs_read_into(struct fs_file *file, uint64_t offset, void *buf, size_t len, size_t *done) {
    size_t at = (size_t) offset, readable = files[file->handle - 1].readable;
    if (readable == 0) {
        return ERR_IO;
    }
    *done = (at < readable) ? MIN(len, readable - at) : 0;
    for (size_t i = 0; i < *done; i++) {
        ((char *) buf)[i] = (file->handle == 1) ? PAGE[at + i] : world_file_byte(at + i);
    }
    bytes_read += *done;
    return OK;
}

unsigned world_open_files(void) {
    return open_files;
}

size_t world_bytes_read(void) {
    return bytes_read;
}

// ---- The API ------------------------------------------------------------------------------------

#define LONG_PIECES 40

static bool make_short(struct api_state *state __unused, struct text *out) {
    text_add_literal(out, "{}\n");
    return false;
}

/// Pieces of 1,999 times the same letter.
static bool make_long(struct api_state *state, struct text *out) {
    for (unsigned i = 0; i < 1999; i++) {
        text_add_bytes(out, &"abcdefghij"[state->index % 10], 1);
    }
    return ++state->index < LONG_PIECES;
}

api_more_t api_find(const char *path) {
    return !strcmp(path, "/api/short") ? make_short : !strcmp(path, "/api/long") ? make_long : NULL;
}

// ---- The beginning and the end ------------------------------------------------------------------

void world_begin(void) {
    TEST_EXPECT(!connections_exist());
    for (unsigned i = 0; i < num_peers; i++) {
        free(peers[i].to_server);
        free(peers[i].answer);
    }
    num_peers = num_accepted = 0;
    bytes_read = 0;
}

void world_finish(void) {
    for (unsigned i = 0; i < num_accepted; i++) {
        if (peers[i].socket != NULL) {
            world_fail(&peers[i], ERR_RESET);
        }
        TEST_EXPECT(world_is_over(&peers[i]));
        TEST_EXPECT(!peers[i].is_closed || !peers[i].is_aborted);
    }
    TEST_EXPECT_EQ(open_files, 0);
    world_begin();
}
