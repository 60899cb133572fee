#ifndef __VM_API_H__
#define __VM_API_H__

/// \file
/// The messages that vm answers, by interface: see idl/{vm,task,discovery}.idl.

#include <idl_server.h>

extern const struct vm_ops vm_api;
extern const struct task_ops task_api;
extern const struct discovery_ops discovery_api;

#endif
