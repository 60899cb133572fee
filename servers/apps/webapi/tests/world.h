#ifndef __WORLD_H__
#define __WORLD_H__

/// \file
/// What is around the connections while they are tested: clients, a file system, a clock. Clients see what a real one would: the
/// bytes of the answers, and how the connection ends.

#include <inet/addr.h>
#include <types.h>

/// A client's end of a connection.
struct peer {
    struct socket *socket;  ///< NULL: the server has none, or no longer.
    struct ip_addr addr;
    char *to_server;  ///< What it has sent.
    size_t sent, read;
    bool has_ended;   ///< It sends no more.
    error_t failure;  ///< What the connection failed of.
    char *answer;     ///< What the server has said. A NUL follows.
    size_t answer_len;
    size_t room;  ///< Bytes that it still takes.
    unsigned sends;
    bool is_shut;     ///< The server says no more,
    bool is_closed;   ///< and has closed it,
    bool is_aborted;  ///< or reset it.
};

#define ROOM_ANY SIZE_MAX

/// Bytes of the files: /large.bin, and /shrinks and /breaks, of which only half can be read.
#define LARGE_LEN 100000
/// What /index.html has.
#define PAGE "<p>Hello</p>"

/// Forgets the peers, which have to be over.
void world_begin(void);
/// A client connects, and takes whatever it is sent. IPv4, or a name such as "2001:db8::1".
struct peer *world_connect(const char *addr);
/// It sends; the server works until it waits.
void world_send(struct peer *peer, const char *data, size_t len);
/// The same, so many bytes at a time.
void world_send_in_pieces(struct peer *peer, const char *data, size_t len, size_t piece);
void world_say(struct peer *peer, const char *text);
/// It sends no more.
void world_end(struct peer *peer);
/// It takes so many bytes more.
void world_take(struct peer *peer, size_t room);
/// The connection breaks.
void world_fail(struct peer *peer, error_t err);
/// The server works until all wait.
void world_run(void);
/// The clock goes on, a tick each second.
void world_wait(unsigned seconds);
bool world_is_over(const struct peer *peer);
/// The next accept fails for lack of memory.
void world_lack_memory(void);
/// Files that are open.
unsigned world_open_files(void);
/// Bytes that were read of files.
size_t world_bytes_read(void);
/// Ends what is left, and checks that nothing is.
void world_finish(void);
char world_file_byte(size_t at);

#endif
