#ifndef __RESOLVE_H__
#define __RESOLVE_H__

/// \file
/// Requests for a host's addresses, which are answered when the name servers have answered.

#include <message.h>
#include <types.h>

error_t resolve_hostname(task_t client, struct socket_resolve_fields *request,
                         struct socket_resolve_reply_fields *reply);
error_t resolve_hostname_v4(task_t client, struct tcpip_dns_resolve_fields *request,
                            struct tcpip_dns_resolve_reply_fields *reply);
/// The task has ended: nobody waits any more.
void resolve_forget(task_t task);

#endif
