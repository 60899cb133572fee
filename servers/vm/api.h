#ifndef __VM_API_H__
#define __VM_API_H__

/// \file
/// The messages that vm answers, by interface: see idl/{vm,task,discovery}.idl, and
/// idl/{bootfs,dma,memory,services}.idl where there is an MMU.

#include <message.h>

/// Answers with the next receive: `m` is the message that was dispatched.
void vm_reply(task_t client, struct message *m);
#define IDL_REPLY(client, m) vm_reply(client, m)

#include <idl_server.h>

extern const struct vm_ops vm_api;
extern const struct task_ops task_api;
extern const struct discovery_ops discovery_api;
extern const struct bootfs_ops bootfs_api;
extern const struct dma_ops dma_api;
extern const struct memory_ops memory_api;
extern const struct services_ops services_api;

#endif
