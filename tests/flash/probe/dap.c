// The debug port and the memory access port (ARM IHI 0031, B2 and C2), as the Cortex-M0 has them:
// one access port, no packed transfers.

#include <stddef.h>

#include "nrf51.h"

#define DPIDR     0x0bb11477
#define AHB_IDR   0x04770021
#define ROM_TABLE 0xf0000003

#define CTRL_STICKYERR (1u << 5)
#define CTRL_REQUESTS  (1u << 30 | 1u << 28)  // power up for system and debug

#define CSW_SIZE      0x7
#define CSW_INCREMENT 0x30
#define CSW_FIXED     0x03000040  // enabled; privileged data accesses

static struct {
    uint32_t ctrl, select, csw, tar;
    uint32_t last;  // RDBUFF
} port;

static bool transfer(bool read, uint32_t *value) {
    unsigned size = 1u << (port.csw & CSW_SIZE), shift = (port.tar & 3) * 8;
    bool done = size <= 4 && port.tar % size == 0;
    if (done && read) {
        // Less than a word travels in its own lanes.
        done = bus_read(port.tar, size, value);
        *value <<= shift;
    } else if (done) {
        done = bus_write(port.tar, size, *value >> shift);
    }
    if (done && (port.csw & CSW_INCREMENT)) {
        // Only ten bits count up.
        port.tar = (port.tar & ~0x3ffu) | ((port.tar + size) & 0x3ff);
    }
    return done;
}

/// The banked data registers: 16 bytes at TAR, whatever CSW says about counting up.
static bool transfer_banked(bool read, unsigned addr, uint32_t *value) {
    uint32_t at = (port.tar & ~0xfu) | addr;
    return read ? bus_read(at, 4, value) : bus_write(at, 4, *value);
}

static bool access_ap(bool read, unsigned addr, uint32_t *value) {
    unsigned reg = (port.select & 0xf0) | addr;
    uint32_t ignored = 0, *settings = reg == 0x00 ? &port.csw : reg == 0x04 ? &port.tar : NULL;
    if (port.select >> 24) {
        *value = read ? 0 : *value;  // there is no other access port
        return true;
    }
    if (reg == 0x0c) {
        return transfer(read, value);
    }
    if ((reg & 0xf0) == 0x10) {
        return transfer_banked(read, addr, value);
    }
    if (!read) {
        *(settings ? settings : &ignored) = *value;
        port.csw = (port.csw & (CSW_SIZE | 0x10)) | CSW_FIXED;
        return true;
    }
    *value = settings ? *settings : reg == 0xf8 ? ROM_TABLE : reg == 0xfc ? AHB_IDR : 0;
    return true;
}

static void read_dp(unsigned addr, uint32_t *value) {
    uint32_t regs[] = {DPIDR, port.ctrl | (port.ctrl & CTRL_REQUESTS) << 1, 0, port.last};
    *value = regs[addr / 4];
}

static void write_dp(unsigned addr, uint32_t value) {
    if (addr == 0x0 && (value & 1 << 2)) {
        port.ctrl &= ~CTRL_STICKYERR;
    } else if (addr == 0x4) {
        port.ctrl = (value & CTRL_REQUESTS) | (port.ctrl & CTRL_STICKYERR);
    } else if (addr == 0x8) {
        port.select = value;
    }
}

unsigned dap_access(bool ap, bool read, unsigned addr, uint32_t *value) {
    if (!ap) {
        if (read) {
            read_dp(addr, value);
        } else {
            write_dp(addr, *value);
        }
        return DAP_OK;
    }
    if ((port.ctrl & CTRL_STICKYERR) || !(port.ctrl & 1u << 28)) {
        return DAP_FAULT;
    }
    if (!access_ap(read, addr, value)) {
        port.ctrl |= CTRL_STICKYERR;
        return DAP_FAULT;
    }
    if (read) {
        port.last = *value;
    }
    return DAP_OK;
}
