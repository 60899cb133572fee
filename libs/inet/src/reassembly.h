#ifndef __INET_REASSEMBLY_H__
#define __INET_REASSEMBLY_H__

/// \file
/// Makes packets of fragments, for IPv4 and IPv6.

#include <inet/ip.h>

/// Packets at a time, fragments of each, and how long all may take to come: RFC 8200, 4.5.
#define REASSEMBLY_PACKETS_MAX   16
#define REASSEMBLY_FRAGMENTS_MAX 64
#define REASSEMBLY_MS            30000
/// The share of all buffers that may wait in fragments: one of so many.
#define REASSEMBLY_SHARE 4

/// A fragment, whose data begins at the packet's beginning. Returns the whole packet when it is complete: the
/// first fragment, with what was in front of it there, and all others behind it; `info->header_len` is then of the
/// first. NULL: not yet, or it was no good. Takes the fragment over.
struct buf *reassemble(struct ip_info *info, uint32_t id, size_t offset, bool more,
                       struct buf *fragment);
/// Drops all fragments.
void reassembly_forget(void);

#endif
