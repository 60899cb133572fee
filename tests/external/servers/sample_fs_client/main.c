#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

static error_t open_file(task_t fs_server, const char *path, handle_t *handle) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = FS_OPEN_MSG;
    m.fs_open.path = path;
    error_t err = ipc_call(fs_server, &m);
    *handle = m.fs_open_reply.handle;
    return err;
}

void main(void) {
    task_t fs_server = ipc_lookup("sample.fs");
    ASSERT_OK(fs_server);

    handle_t handle;
    ASSERT(open_file(fs_server, "/no-such-file", &handle) == ERR_NOT_FOUND);
    ASSERT_OK(open_file(fs_server, "/hello.txt", &handle));

    struct message m;
    bzero(&m, sizeof(m));
    m.type = FS_READ_MSG;
    m.fs_read.handle = handle;
    m.fs_read.offset = 6;
    m.fs_read.len = 100;
    ASSERT_OK(ipc_call(fs_server, &m));
    ASSERT(m.type == FS_READ_REPLY_MSG);
    HEXDUMP(m.fs_read_reply.data, m.fs_read_reply.data_len);
    INFO("read %zu bytes: '%.4s ...'", m.fs_read_reply.data_len,
         (const char *) m.fs_read_reply.data);
    free((void *) m.fs_read_reply.data);
}
