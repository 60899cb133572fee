// A simulated nRF51822 (the micro:bit's chip) behind a simulated CMSIS-DAP probe, as far as a debugger
// sees them. A program for the development machine, used by tests only.
//
//     probe.c    the probe: CMSIS-DAP commands, which become accesses to the debug port
//     dap.c      the chip's debug port and its memory access port (ARM ADIv5, MINDP)
//     nrf51.c    memories, flash controller, the core's debug registers
//     core.c     the core: an interpreter for ARMv6-M
//
// Sources: "CMSIS-DAP" (Arm), the commands; ARM IHI 0031, ADIv5; ARM DDI 0419, ARMv6-M; nRF51 Series
// Reference Manual 3.0.
#ifndef __NRF51_H__
#define __NRF51_H__

#include <stdbool.h>
#include <stdint.h>

#define FLASH_SIZE 0x40000
#define PAGE_SIZE  1024
#define RAM_BASE   0x20000000
#define RAM_SIZE   0x4000
#define UICR_BASE  0x10001000
#define UICR_SIZE  0x400

enum register_name {
    SP = 13,
    LR,
    PC,
    XPSR,
    MSP,
    PSP,
    NUM_REGISTERS
};

/// Flags in xPSR.
#define FLAG_N (1u << 31)
#define FLAG_Z (1u << 30)
#define FLAG_C (1u << 29)
#define FLAG_V (1u << 28)
#define XPSR_T (1u << 24)

/// Debug Halting Control and Status Register.
#define DHCSR_DEBUGEN (1u << 0)
#define DHCSR_HALT    (1u << 1)
#define DHCSR_STEP    (1u << 2)
#define DHCSR_REGRDY  (1u << 16)
#define DHCSR_S_HALT  (1u << 17)
#define DHCSR_LOCKUP  (1u << 19)
#define DHCSR_RETIRED (1u << 24)
#define DHCSR_S_RESET (1u << 25)

/// Why the core has stopped: bits of DFSR.
#define STOPPED_HALTED (1u << 0)
#define STOPPED_BKPT   (1u << 1)
#define STOPPED_VCATCH (1u << 3)

struct chip {
    uint8_t flash[FLASH_SIZE];
    uint8_t uicr[UICR_SIZE];
    uint8_t ram[RAM_SIZE];
    /// A flash bit that stays 1 whatever is written; no such bit if `stuck_mask` is 0.
    uint32_t stuck_addr, stuck_mask;

    uint32_t reg[NUM_REGISTERS];  // reg[SP] is the stack pointer in use
    uint32_t primask, control;
    bool halted, lockup, reset_seen;
    uint64_t retired;  // instructions, since the simulation began

    uint32_t dhcsr, demcr, dcrdr, dfsr;
    uint32_t bp_control, bp[4];  // the breakpoint unit
    uint32_t nvmc_config;
    uint32_t ramon;
    uint32_t sent;  // the UART's event TXDRDY
};

extern struct chip chip;

/// Reads 1, 2 or 4 bytes, naturally aligned. Returns false where a bus fault would be.
bool bus_read(uint32_t addr, unsigned size, uint32_t *value);
bool bus_write(uint32_t addr, unsigned size, uint32_t value);

/// Puts the chip as it is delivered: memories erased, running nothing.
void chip_init(void);

/// Resets core and peripherals; the core starts at the reset vector, or halts there if that is asked for.
void chip_reset(void);

/// Stops the core for a debugger; `why` is one of STOPPED_*.
void chip_halt(uint32_t why);

/// Runs up to `count` instructions; stops early when the core halts.
void chip_run(unsigned count);

/// Executes one instruction. Returns false if it faults.
bool core_step(void);

/// One access to the debug port (`ap` false) or the access port, to the register A[3:2] = `addr`.
/// Returns the acknowledgement that the wire would carry: DAP_OK or DAP_FAULT.
unsigned dap_access(bool ap, bool read, unsigned addr, uint32_t *value);

#define DAP_OK    1
#define DAP_FAULT 4

#endif
