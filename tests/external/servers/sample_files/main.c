#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

static task_t fs_server;

static handle_t create(const char *path) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = FS_CREATE_MSG;
    m.fs_create.path = path;
    m.fs_create.exist_ok = true;
    ASSERT_OK(ipc_call(fs_server, &m));
    return m.fs_create_reply.handle;
}

static void write(handle_t handle, const char *text) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = FS_WRITE_MSG;
    m.fs_write.handle = handle;
    m.fs_write.data = text;
    m.fs_write.data_len = strlen(text);
    ASSERT_OK(ipc_call(fs_server, &m));
}

static error_t close(handle_t handle) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = FS_CLOSE_MSG;
    m.fs_close.handle = handle;
    return ipc_call(fs_server, &m);
}

void main(void) {
    struct message m;
    fs_server = ipc_lookup("fs");
    ASSERT_OK(fs_server);
    handle_t handle = create("/sample.txt");
    write(handle, "written by messages");

    bzero(&m, sizeof(m));
    m.type = FS_STAT_MSG;
    m.fs_stat.path = "/sample.txt";
    ASSERT_OK(ipc_call(fs_server, &m));
    INFO("it has %d bytes", (int) m.fs_stat_reply.size);

    bzero(&m, sizeof(m));
    m.type = FS_READ_MSG;
    m.fs_read.handle = handle;
    m.fs_read.offset = 8;
    m.fs_read.len = 100;
    ASSERT_OK(ipc_call(fs_server, &m));
    INFO("read '%.*s'", (int) m.fs_read_reply.data_len, (const char *) m.fs_read_reply.data);
    free((void *) m.fs_read_reply.data);

    ASSERT_OK(close(handle));
    INFO("closing it again: %s", error_name(close(handle)));

    // What is left open ends with its owner.
    (void) create("/left-open.txt");
}
