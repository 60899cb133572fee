#ifndef __API_H__
#define __API_H__

/// \file
/// The interfaces that the server serves, and how it answers.

#include <message.h>

/// The message that was dispatched, now an answer, goes out together with the next receive; what it points to must stay
/// as it is until then.
void server_reply(task_t client, struct message *m);
#define IDL_REPLY(client, m) server_reply(client, m)

#include <idl_server.h>

extern const struct net_ops net_api;
extern const struct socket_ops socket_api;
extern const struct tcpip_ops tcpip_api;
extern const struct netinfo_ops netinfo_api;

#endif
