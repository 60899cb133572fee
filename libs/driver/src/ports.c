#include "ports.h"

#include <arch_user.h>

bool ports_exist(void) {
    return true;
}

uint32_t port_read(uint16_t port, size_t size) {
    switch (size) {
    case 1:
        return arch_port_read8(port);
    case 2:
        return arch_port_read16(port);
    default:
        return arch_port_read32(port);
    }
}

void port_write(uint16_t port, size_t size, uint32_t value) {
    switch (size) {
    case 1:
        arch_port_write8(port, (uint8_t) value);
        break;
    case 2:
        arch_port_write16(port, (uint16_t) value);
        break;
    default:
        arch_port_write32(port, value);
        break;
    }
}
