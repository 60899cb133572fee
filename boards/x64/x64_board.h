#ifndef __X64_BOARD_H__
#define __X64_BOARD_H__

/// \file
/// What the parts of the PC board share.

#include <config.h>
#include <types.h>

// ---- ACPI (specification 6.5, section 5.2): as far as the kernel needs it -----------------------

struct acpi_override {
    bool present;
    uint8_t gsi;
    bool active_low;
    bool level;
};

struct acpi_info {
    unsigned num_cpus;
    uint8_t apic_ids[CONFIG_NUM_CPUS];  ///< The boot CPU's is first.
    paddr_t local_apic;
    paddr_t io_apic;
    unsigned io_apic_gsi_base;
    struct acpi_override isa[16];   ///< Where the ISA interrupts really come in.
    uint16_t pm1a_port, pm1b_port;  ///< 0: no way to power off.
    uint16_t pm1a_off, pm1b_off;    ///< What to write there.
};

extern struct acpi_info acpi;

/// Reads the tables. Without any, assumes one CPU and the usual addresses.
void acpi_init(uint8_t boot_apic_id);

// ---- Interrupt controllers ----------------------------------------------------------------------

void apic_init(void);
void apic_init_this_cpu(void);
uint8_t apic_id(void);
void apic_eoi(void);
/// Sends an interrupt command (SDM 10.6.1): the low word as the manual says.
void apic_send(uint8_t apic_id, uint32_t command);
uint32_t apic_timer_count(void);
void apic_timer_start(uint32_t count);

// ---- Time ---------------------------------------------------------------------------------------

void clock_init(void);
/// Waits; interrupts are disabled. For the start of other CPUs.
void clock_wait_us(unsigned us);

// ---- Console ------------------------------------------------------------------------------------

void serial_init(void);
void serial_write(const char *text, size_t len);
int serial_getc(void);
#define SERIAL_IRQ 4

void screen_init(void);
void screen_write(const char *text, size_t len);
/// The screen is a server's from now on. Only a panic is still shown, below what the server has.
void screen_hand_over(void);

/// A 32-bit device register.
static inline volatile uint32_t *mmio32(paddr_t paddr) {
    return (volatile uint32_t *) (paddr + 0xffff800000000000ul);
}

#endif
