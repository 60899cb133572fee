#ifndef __PORTS_H__
#define __PORTS_H__

#include <types.h>

/// Whether this architecture has I/O ports: ports.c is linked then, no_ports.c otherwise.
bool ports_exist(void);

/// `size`: 1, 2 or 4 bytes.
uint32_t port_read(uint16_t port, size_t size);
void port_write(uint16_t port, size_t size, uint32_t value);

#endif
