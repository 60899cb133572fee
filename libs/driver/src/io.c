#include "pages.h"

#include <driver/io.h>
#include <resea/malloc.h>
#include <resea/printf.h>

#include "ports.h"

struct io {
    bool in_ports;
    uint16_t port;
    vaddr_t vaddr;  ///< Of the first register.
    size_t len;
    struct pages pages;
};

io_t io_alloc_port(unsigned long base, size_t len, unsigned flags __unused) {
    struct io *io = ports_exist() ? malloc(sizeof(*io)) : NULL;
    if (io == NULL) {
        return NULL;
    }
    *io = (struct io){.in_ports = true, .port = (uint16_t) base, .len = len};
    return io;
}

static io_t alloc_memory(paddr_t paddr, size_t len) {
    struct io *io = malloc(sizeof(*io));
    if (io == NULL) {
        return NULL;
    }

    size_t in_page = paddr % PAGE_SIZE;
    *io = (struct io){.len = len};
    if (len > SIZE_MAX - in_page
        || IS_ERROR(pages_alloc(len + in_page, paddr - in_page, &io->pages))) {
        free(io);
        return NULL;
    }
    io->vaddr = io->pages.vaddr + in_page;
    return io;
}

io_t io_alloc_memory(size_t len, unsigned flags __unused) {
    return alloc_memory(0, len);
}

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    return alloc_memory(paddr, len);
}

void io_free(io_t io) {
    if (io != NULL && !io->in_ports) {
        pages_free(&io->pages);
    }
    free(io);
}

vaddr_t io_vaddr(io_t io) {
    return io->vaddr;
}

paddr_t io_paddr(io_t io) {
    return io->in_ports ? 0 : io->pages.paddr + io->vaddr % PAGE_SIZE;
}

static void check(io_t io, offset_t offset, size_t size) {
    if (io->len < size || offset > io->len - size || !IS_ALIGNED(offset, size)) {
        PANIC("driver: no register of %zu bytes at offset %#zx: the range has %#zx bytes", size,
              (size_t) offset, io->len);
    }
}

static uint16_t port_at(io_t io, offset_t offset) {
    return (uint16_t) (io->port + offset);
}

uint8_t io_read8(io_t io, offset_t offset) {
    check(io, offset, sizeof(uint8_t));
    if (io->in_ports) {
        return (uint8_t) port_read(port_at(io, offset), sizeof(uint8_t));
    }
    return *(volatile uint8_t *) (io->vaddr + offset);
}

uint16_t io_read16(io_t io, offset_t offset) {
    check(io, offset, sizeof(uint16_t));
    if (io->in_ports) {
        return (uint16_t) port_read(port_at(io, offset), sizeof(uint16_t));
    }
    return *(volatile uint16_t *) (io->vaddr + offset);
}

uint32_t io_read32(io_t io, offset_t offset) {
    check(io, offset, sizeof(uint32_t));
    if (io->in_ports) {
        return port_read(port_at(io, offset), sizeof(uint32_t));
    }
    return *(volatile uint32_t *) (io->vaddr + offset);
}

void io_write8(io_t io, offset_t offset, uint8_t value) {
    check(io, offset, sizeof(value));
    if (io->in_ports) {
        port_write(port_at(io, offset), sizeof(value), value);
    } else {
        *(volatile uint8_t *) (io->vaddr + offset) = value;
    }
}

void io_write16(io_t io, offset_t offset, uint16_t value) {
    check(io, offset, sizeof(value));
    if (io->in_ports) {
        port_write(port_at(io, offset), sizeof(value), value);
    } else {
        *(volatile uint16_t *) (io->vaddr + offset) = value;
    }
}

void io_write32(io_t io, offset_t offset, uint32_t value) {
    check(io, offset, sizeof(value));
    if (io->in_ports) {
        port_write(port_at(io, offset), sizeof(value), value);
    } else {
        *(volatile uint32_t *) (io->vaddr + offset) = value;
    }
}
