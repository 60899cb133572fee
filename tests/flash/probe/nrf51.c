// The chip around the core: memories, the flash controller (nRF51 Series Reference Manual, chapter 6:
// NVMC), what says which chip it is (chapter 7: FICR), the serial line (chapter 28: UART; output only),
// and the core's debug registers (ARM DDI 0419, chapter C1).

#include "nrf51.h"

#include <stdio.h>
#include <string.h>

#define NVMC_READY   0x4001e400
#define NVMC_CONFIG  0x4001e504
#define NVMC_ERASE   0x4001e508
#define NVMC_ALL     0x4001e50c
#define NVMC_PCR0    0x4001e510
#define NVMC_UICR    0x4001e514
#define NVMC_WRITING 1
#define NVMC_ERASING 2

#define POWER_RAMON 0x40000524
#define UART_TXDRDY 0x4000211c
#define UART_TXD    0x4000251c

#define BP_CTRL   0xe0002000
#define BP_COMP   0xe0002008
#define CPUID     0xe000ed00
#define AIRCR     0xe000ed0c
#define DFSR      0xe000ed30
#define DHCSR     0xe000edf0
#define DCRSR     0xe000edf4
#define DCRDR     0xe000edf8
#define DEMCR     0xe000edfc
#define DHCSR_KEY 0xa05f
#define AIRCR_KEY 0x05fa

#define DEMCR_VC_CORERESET (1u << 0)

#define PERIPHERALS 0x40000000
#define PRIVATE     0xe0000000

struct chip chip;

void chip_init(void) {
    memset(&chip, 0, sizeof(chip));
    memset(chip.flash, 0xff, sizeof(chip.flash));
    memset(chip.uicr, 0xff, sizeof(chip.uicr));
    chip.ramon = 3;
    chip_reset();
}

static uint32_t word_of(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

void chip_reset(void) {
    memset(chip.reg, 0, sizeof(chip.reg));
    chip.reg[SP] = word_of(chip.flash) & ~3u;
    chip.reg[PC] = word_of(chip.flash + 4) & ~1u;
    chip.reg[LR] = 0xffffffff;
    chip.reg[XPSR] = (chip.flash[4] & 1) ? XPSR_T : 0;
    chip.primask = chip.control = chip.nvmc_config = 0;
    chip.halted = chip.lockup = false;
    chip.reset_seen = true;
    if ((chip.dhcsr & DHCSR_DEBUGEN) && (chip.demcr & DEMCR_VC_CORERESET)) {
        chip_halt(STOPPED_VCATCH);
    }
}

void chip_halt(uint32_t why) {
    chip.halted = true;
    chip.dhcsr |= DHCSR_HALT;  // by hardware, whatever the reason
    chip.dfsr |= why;
}

/// Whether the breakpoint unit has something at this address.
static bool is_breakpoint(uint32_t pc) {
    for (unsigned i = 0; (chip.bp_control & 1) && i < 4; i++) {
        uint32_t half = pc & 2 ? 2 : 1;
        if ((chip.bp[i] & 1) && (chip.bp[i] & 0x1ffffffc) == (pc & ~3u)
            && (chip.bp[i] >> 30 & half)) {
            return true;
        }
    }
    return false;
}

void chip_run(unsigned count) {
    for (; count > 0 && !chip.halted && !chip.lockup; count--) {
        if ((chip.dhcsr & DHCSR_DEBUGEN) && is_breakpoint(chip.reg[PC])) {
            chip_halt(STOPPED_BKPT);
        } else {
            chip.lockup = !core_step();
        }
    }
}

// Registers.

static uint32_t read_ficr(uint32_t offset) {
    switch (offset) {
    case 0x10:
        return PAGE_SIZE;
    case 0x14:
        return FLASH_SIZE / PAGE_SIZE;
    case 0x34:
        return 2;  // RAM blocks
    case 0x38:
    case 0x3c:
        return RAM_SIZE / 2;
    case 0x5c:
        return 0xffff00d1;  // nRF51822-QFAA H2: what later boards carry
    case 0x60:
        return 0x4e495332;
    case 0x64:
        return 0x44303531;
    default:
        return 0xffffffff;
    }
}

static uint32_t read_dhcsr(void) {
    static uint64_t retired;
    uint32_t value = (chip.dhcsr & 0xf) | DHCSR_REGRDY;
    value |= chip.halted ? DHCSR_S_HALT : 0;
    value |= chip.lockup ? DHCSR_LOCKUP : 0;
    value |= retired != chip.retired ? DHCSR_RETIRED : 0;
    value |= chip.reset_seen ? DHCSR_S_RESET : 0;
    chip.reset_seen = false;
    retired = chip.retired;
    return value;
}

static void write_dhcsr(uint32_t value) {
    if (value >> 16 != DHCSR_KEY) {
        return;
    }
    chip.dhcsr = value & 0xf;
    if (!(value & DHCSR_DEBUGEN)) {
        chip.halted = false;
    } else if (value & DHCSR_HALT) {
        if (!chip.halted) {
            chip_halt(STOPPED_HALTED);
        }
    } else if (chip.halted && (value & DHCSR_STEP)) {
        chip.halted = false;
        // A breakpoint at this address doesn't keep one from stepping on.
        chip.lockup = !core_step();
        chip_halt(STOPPED_HALTED);
    } else {
        chip.halted = false;
    }
}

/// DCRSR: moves a core register to or from DCRDR.
static void select_register(uint32_t value) {
    unsigned number = value & 0x7f;
    bool process = chip.control & 2;
    uint32_t special = chip.control << 24 | chip.primask;
    uint32_t *place = number < 16    ? &chip.reg[number]
                      : number == 16 ? &chip.reg[XPSR]
                      : number == 17 ? &chip.reg[process ? MSP : SP]
                      : number == 18 ? &chip.reg[process ? SP : PSP]
                                     : &special;
    if (!(value & 1 << 16)) {
        chip.dcrdr = *place;
        return;
    }
    *place = number == PC ? chip.dcrdr & ~1u : chip.dcrdr;
    if (number == 20) {
        chip.primask = special & 1;
        chip.control = special >> 24 & 3;
    }
}

static void write_aircr(uint32_t value) {
    if (value >> 16 == AIRCR_KEY && (value & 1 << 2)) {
        chip_reset();
    }
}

static uint32_t read_register(uint32_t addr) {
    switch (addr) {
    case NVMC_READY:
        return 1;  // a write or an erase holds whoever asks for it until it is done
    case NVMC_CONFIG:
        return chip.nvmc_config;
    case POWER_RAMON:
        return chip.ramon;
    case UART_TXDRDY:
        return chip.sent;
    case BP_CTRL:
        return 4 << 4 | chip.bp_control;
    case CPUID:
        return 0x410cc200;
    case DFSR:
        return chip.dfsr;
    case DHCSR:
        return read_dhcsr();
    case DCRDR:
        return chip.dcrdr;
    case DEMCR:
        return chip.demcr;
    default:
        return addr >= BP_COMP && addr < BP_COMP + 16 ? chip.bp[(addr - BP_COMP) / 4] : 0;
    }
}

static void erase(uint8_t *bytes, unsigned len, bool wanted) {
    if (wanted && chip.nvmc_config == NVMC_ERASING) {
        memset(bytes, 0xff, len);
    }
}

static void write_nvmc(uint32_t addr, uint32_t value) {
    switch (addr) {
    case NVMC_CONFIG:
        chip.nvmc_config = value & 3;
        break;
    case NVMC_ERASE:
    case NVMC_PCR0:
        erase(chip.flash + (value & ~(PAGE_SIZE - 1u)) % FLASH_SIZE, PAGE_SIZE, value < FLASH_SIZE);
        break;
    case NVMC_ALL:
        erase(chip.flash, FLASH_SIZE, value & 1);
        erase(chip.uicr, UICR_SIZE, value & 1);
        break;
    case NVMC_UICR:
        erase(chip.uicr, UICR_SIZE, value & 1);
        break;
    default:
        break;
    }
}

static void write_register(uint32_t addr, uint32_t value) {
    switch (addr) {
    case POWER_RAMON:
        chip.ramon = value;
        break;
    case UART_TXDRDY:
        chip.sent = value;
        break;
    case UART_TXD:
        chip.sent = 1;
        putchar((int) (value & 0xff));
        fflush(stdout);
        break;
    case BP_CTRL:
        chip.bp_control = value & 2 ? value & 1 : chip.bp_control;
        break;
    case AIRCR:
        write_aircr(value);
        break;
    case DFSR:
        chip.dfsr &= ~value;
        break;
    case DHCSR:
        write_dhcsr(value);
        break;
    case DCRSR:
        select_register(value);
        break;
    case DCRDR:
        chip.dcrdr = value;
        break;
    case DEMCR:
        chip.demcr = value;
        break;
    default:
        if (addr >= BP_COMP && addr < BP_COMP + 16) {
            chip.bp[(addr - BP_COMP) / 4] = value;
        } else {
            write_nvmc(addr, value);
        }
        break;
    }
}

// Memories.

/// The bytes of a memory at `addr`, or NULL: no memory.
static uint8_t *memory(uint32_t addr, bool *is_flash) {
    *is_flash = addr < FLASH_SIZE || addr - UICR_BASE < UICR_SIZE;
    if (addr < FLASH_SIZE) {
        return chip.flash + addr;
    }
    if (addr - UICR_BASE < UICR_SIZE) {
        return chip.uicr + (addr - UICR_BASE);
    }
    return addr - RAM_BASE < RAM_SIZE ? chip.ram + (addr - RAM_BASE) : NULL;
}

/// Flash takes whole words, if the controller is told to; a write clears bits and sets none.
static bool write_flash(uint32_t addr, uint8_t *bytes, unsigned size, uint32_t value) {
    if (size != 4 || chip.nvmc_config != NVMC_WRITING) {
        return false;
    }
    value &= word_of(bytes);
    if (chip.stuck_mask && addr == chip.stuck_addr) {
        value |= chip.stuck_mask;
    }
    memcpy(bytes, &value, sizeof(value));
    return true;
}

static bool has_registers(uint32_t addr, unsigned size) {
    bool peripherals = addr >= PERIPHERALS && addr < PERIPHERALS + 0x20000000;
    return size == 4 && (peripherals || (addr >= PRIVATE && addr < PRIVATE + 0x100000));
}

bool bus_read(uint32_t addr, unsigned size, uint32_t *value) {
    bool is_flash;
    uint8_t *bytes = addr % size ? NULL : memory(addr, &is_flash);
    *value = 0;
    if (bytes) {
        memcpy(value, bytes, size);
        return true;
    }
    if (addr % size == 0 && addr >= 0x10000000 && addr < 0x10000400) {
        *value = read_ficr(addr & 0x3fc) >> (addr & 3) * 8;
        return true;
    }
    if (addr % size == 0 && has_registers(addr, size)) {
        *value = read_register(addr);
        return true;
    }
    return false;
}

bool bus_write(uint32_t addr, unsigned size, uint32_t value) {
    bool is_flash;
    uint8_t *bytes = addr % size ? NULL : memory(addr, &is_flash);
    if (bytes && is_flash) {
        return write_flash(addr, bytes, size, value);
    }
    if (bytes) {
        memcpy(bytes, &value, size);
        return true;
    }
    if (addr % size == 0 && has_registers(addr, size)) {
        write_register(addr, value);
        return true;
    }
    return false;
}
