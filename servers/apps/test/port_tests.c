#include <driver/io.h>
#include <resea/syscall.h>
#include <resea/task.h>

#include "machine.h"
#include "peer.h"
#include "test.h"

// I/O ports: linked where the architecture has them.

static void test_rights(void) {
    // We hold it: reading doesn't stop us. The peer doesn't, until it is granted.
    io_t io = io_alloc_port(machine.port, 1, IO_ALLOC_NORMAL);
    if (CHECK(io != NULL)) {
        (void) io_read8(io, 0);
    }
    io_free(io);
    CHECK_EQ(peer_do(peer_task(), TEST_ACTION_READ_PORT, machine.port), ERR_ABORTED);
    task_t peer = peer_restarted();
    CHECK_OK(sys_grant(peer, GRANT_PORTS, machine.port, 1));
    CHECK_OK(peer_do(peer, TEST_ACTION_READ_PORT, machine.port));
    CHECK_EQ(peer_do(peer, TEST_ACTION_READ_PORT, machine.port + 1), ERR_ABORTED);
    peer_restarted();
}

const struct test_case port_cases[] = {
    {"port.rights", test_rights},
    {NULL, NULL},
};
