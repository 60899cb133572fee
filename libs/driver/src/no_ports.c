#include "ports.h"

#include <resea/printf.h>

bool ports_exist(void) {
    return false;
}

// Nobody has an io_t of ports, so nobody calls these.

uint32_t port_read(uint16_t port, size_t size __unused) {
    PANIC("driver: there is no I/O port %#x on this machine", port);
}

void port_write(uint16_t port, size_t size __unused, uint32_t value __unused) {
    PANIC("driver: there is no I/O port %#x on this machine", port);
}
