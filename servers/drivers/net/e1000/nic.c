#include "nic.h"

#include <resea/timer.h>
#include <string.h>

#include "registers.h"

/// How long a reset takes at most, the EEPROM's reading included (14.3, and 4.6.3 of the 82574's datasheet).
#define RESET_MS     10
#define RESET_TRIES  10
#define EEPROM_MS    1
#define EEPROM_TRIES 10

/// Between two interrupts, in the units of ITR: 50 us for answers to be quick, 250 us when frames come in bulk.
#define INTERVAL_QUICK 195
#define INTERVAL_BULK  977
/// So many frames at once are bulk.
#define BULK_FRAMES 8

static io_t io;
static const struct nic_model *model;
static uint8_t address[6];
static bool interrupts_when_sent;
static bool bulk;

static uint32_t read_reg(unsigned reg) {
    return io_read32(io, reg);
}

static void write_reg(unsigned reg, uint32_t value) {
    io_write32(io, reg, value);
}

error_t nic_reset(void) {
    // What is under way stops here, even if the reset does nothing, as with some emulators.
    write_reg(E1000_IMC, UINT32_MAX);
    write_reg(E1000_RCTL, 0);
    write_reg(E1000_TCTL, E1000_TCTL_PAD | (read_reg(E1000_TCTL) & E1000_TCTL_MULR));
    write_reg(E1000_CTRL, read_reg(E1000_CTRL) | E1000_CTRL_RESET);
    for (int i = 0; i < RESET_TRIES; i++) {
        timer_sleep(RESET_MS);
        if (!(read_reg(E1000_CTRL) & E1000_CTRL_RESET)) {
            write_reg(E1000_IMC, UINT32_MAX);
            (void) read_reg(E1000_ICR);
            return OK;
        }
    }
    return ERR_IO;
}

/// A word of the EEPROM, from the lowest address on.
static error_t read_eeprom(unsigned word, uint16_t *value) {
    unsigned address_shift = model->is_82574 ? 2 : 8;
    uint32_t done = model->is_82574 ? 1u << 1 : 1u << 4;
    write_reg(E1000_EERD, E1000_EERD_START | word << address_shift);
    for (int i = 0; i < EEPROM_TRIES; i++) {
        uint32_t result = read_reg(E1000_EERD);
        if (result & done) {
            *value = (uint16_t) E1000_EERD_DATA(result);
            return OK;
        }
        timer_sleep(EEPROM_MS);
    }
    return ERR_IO;
}

/// Whether an address can be a card's: not all zeroes, and nobody's group.
static bool address_is_valid(void) {
    static const uint8_t none[6];
    return memcmp(address, none, sizeof(address)) != 0 && (address[0] & 1) == 0;
}

/// The reset has put the EEPROM's address into the first address register; else it is read here.
static error_t find_address(void) {
    uint32_t low = read_reg(E1000_RAL0), high = read_reg(E1000_RAH0);
    uint16_t words[3] = {(uint16_t) low, (uint16_t) (low >> 16), (uint16_t) high};
    if (!(high & E1000_RAH_VALID)) {
        for (unsigned i = 0; i < 3; i++) {
            error_t err = read_eeprom(i, &words[i]);
            if (IS_ERROR(err)) {
                return err;
            }
        }
    }
    for (unsigned i = 0; i < sizeof(address); i++) {
        address[i] = (uint8_t) (words[i / 2] >> (i % 2 * 8));
    }
    return address_is_valid() ? OK : ERR_IO;
}

error_t nic_init(io_t registers, const struct nic_model *nic_model, uint8_t mac[6]) {
    io = registers;
    model = nic_model;
    error_t err = nic_reset();
    if (IS_OK(err)) {
        err = find_address();
    }
    memcpy(mac, address, sizeof(address));
    return err;
}

static void set_address(void) {
    write_reg(E1000_RAL0, address[0] | (uint32_t) address[1] << 8 | (uint32_t) address[2] << 16
                              | (uint32_t) address[3] << 24);
    write_reg(E1000_RAH0, address[4] | (uint32_t) address[5] << 8 | E1000_RAH_VALID);
}

static void set_link_up(void) {
    uint32_t ctrl = read_reg(E1000_CTRL);
    ctrl &= ~(E1000_CTRL_LRST | E1000_CTRL_ILOS | E1000_CTRL_FORCE | E1000_CTRL_FLOW
              | E1000_CTRL_VLAN | E1000_CTRL_RESET);
    write_reg(E1000_CTRL, ctrl | E1000_CTRL_ASDE | E1000_CTRL_SLU);
}

void nic_start(void) {
    set_address();
    set_link_up();
    bulk = false;
    interrupts_when_sent = false;
    write_reg(E1000_ITR, INTERVAL_QUICK);
    (void) read_reg(E1000_ICR);
    write_reg(E1000_IMS, E1000_CAUSE_LINK | E1000_CAUSE_RX);
}

uint32_t nic_causes(void) {
    return read_reg(E1000_ICR);
}

bool nic_link(uint32_t *mbit_per_s) {
    static const uint16_t speeds[] = {10, 100, 1000, 1000};
    uint32_t status = read_reg(E1000_STATUS);
    *mbit_per_s = speeds[E1000_STATUS_SPEED(status)];
    return status & E1000_STATUS_LINK;
}

unsigned nic_missed(void) {
    return read_reg(E1000_MPC);
}

void nic_interrupt_when_sent(bool wanted) {
    if (wanted != interrupts_when_sent) {
        interrupts_when_sent = wanted;
        write_reg(wanted ? E1000_IMS : E1000_IMC, E1000_CAUSE_SENT);
    }
}

void nic_adapt(unsigned num_received) {
    bool now = num_received >= BULK_FRAMES;
    // Work without any frame says nothing.
    if (num_received > 0 && now != bulk) {
        bulk = now;
        write_reg(E1000_ITR, bulk ? INTERVAL_BULK : INTERVAL_QUICK);
    }
}
