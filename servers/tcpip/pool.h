#ifndef __POOL_H__
#define __POOL_H__

/// \file
/// The memory of all packets: pages in a row, which drivers share and devices reach.

#include <types.h>

/// How many of the buffers a driver may have to receive into: one of so many.
#define POOL_RX_SHARE 4

/// Allocates it and gives it to libs/inet. ERR_NO_MEMORY.
error_t pool_init(void) __mustuse;
/// Offers all of it to a driver, for vm.accept_pages.
error_t pool_offer(task_t driver, handle_t *offer) __mustuse;

#endif
