#ifndef __SETTINGS_H__
#define __SETTINGS_H__

/// \file
/// What the manifest says of the network.

#include <inet/netif.h>

/// Tells the protocols. After inet_init.
void settings_apply(void);
/// A network device has come: the first one gets the address that was set, if there is one.
void settings_configure(struct netif *netif);
/// Whether a task may give interfaces addresses.
bool settings_may_configure(task_t task);

/// For tests: an address and the length of its prefix, "10.0.2.15/24". ERR_INVALID_ARG.
error_t settings_parse_network(const char *text, struct ip_addr *addr,
                               unsigned *prefix_len) __mustuse;
/// The next word of `*text`, which moves behind it. False: there is none, or it is too long.
bool settings_next_word(const char **text, char *word, size_t len);

#endif
