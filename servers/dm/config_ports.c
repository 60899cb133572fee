#include <driver/io.h>

#include "config_space.h"

// Configuration mechanism #1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2). The other one, memory-mapped,
// would have to be looked for in the ACPI tables, and only reaches further for PCI Express.
#define CONFIG_PORTS   0xcf8
#define CONFIG_ADDRESS 0
#define CONFIG_DATA    4
#define CONFIG_LEN     8
#define CONFIG_ENABLE  (1u << 31)

static io_t io;

error_t config_init(void) {
    io = io_alloc_port(CONFIG_PORTS, CONFIG_LEN, IO_ALLOC_NORMAL);
    return (io != NULL) ? OK : ERR_NO_MEMORY;
}

static offset_t select(uint32_t address, unsigned offset) {
    io_write32(io, CONFIG_ADDRESS, CONFIG_ENABLE | (address << 8) | (offset & ~3u));
    return CONFIG_DATA + (offset & 3);
}

uint32_t config_read(uint32_t address, unsigned offset, unsigned size) {
    offset_t data = select(address, offset);
    switch (size) {
    case 1:
        return io_read8(io, data);
    case 2:
        return io_read16(io, data);
    default:
        return io_read32(io, data);
    }
}

void config_write(uint32_t address, unsigned offset, unsigned size, uint32_t value) {
    offset_t data = select(address, offset);
    switch (size) {
    case 1:
        io_write8(io, data, (uint8_t) value);
        break;
    case 2:
        io_write16(io, data, (uint16_t) value);
        break;
    default:
        io_write32(io, data, value);
        break;
    }
}
