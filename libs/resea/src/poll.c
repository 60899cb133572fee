#include <resea/ipc.h>
#include <resea/sys_ipc.h>

#include "ool.h"

error_t ipc_recv_noblock(struct message *m) {
    error_t err = sys_ipc(0, m, IPC_RECV | IPC_OPEN | IPC_NOBLOCK, ool_prepare_recv());
    return IS_ERROR(err) ? err : ool_accept_any(m);
}
