#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

static const char contents[] = "Hello from a file!";

static void reply_contents(task_t client, size_t offset, size_t len) {
    struct message m;
    bzero(&m, sizeof(m));
    size_t start = MIN(offset, strlen(contents));
    m.type = FS_READ_REPLY_MSG;
    m.fs_read_reply.data = &contents[start];
    m.fs_read_reply.data_len = MIN(len, strlen(contents) - start);
    ipc_reply(client, &m);
}

static void open_file(task_t client, const char *path) {
    DBG("path = %s", path);
    if (strcmp(path, "/hello.txt") != 0) {
        ipc_reply_err(client, ERR_NOT_FOUND);
        return;
    }

    struct message m;
    bzero(&m, sizeof(m));
    m.type = FS_OPEN_REPLY_MSG;
    m.fs_open_reply.handle = 1;
    ipc_reply(client, &m);
}

void main(void) {
    ASSERT_OK(ipc_serve("sample.fs"));
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));

        switch (m.type) {
        case FS_OPEN_MSG:
            open_file(m.src, m.fs_open.path);
            free((void *) m.fs_open.path);
            break;
        case FS_READ_MSG:
            reply_contents(m.src, m.fs_read.offset, m.fs_read.len);
            break;
        default:
            discard_unknown_message(&m);
        }
    }
}
