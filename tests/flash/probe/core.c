// ARMv6-M instructions (ARM DDI 0419, A6.7). Exceptions are not taken: what runs here are a debugger's
// flash loaders and the first steps of a program. A fault stops the core, as a lock-up does.

#include <stddef.h>

#include "nrf51.h"

#define REG chip.reg

static uint32_t bits(uint32_t insn, unsigned low, unsigned count) {
    return (insn >> low) & ((1u << count) - 1);
}

static void set_flag(uint32_t flag, bool on) {
    REG[XPSR] = on ? REG[XPSR] | flag : REG[XPSR] & ~flag;
}

static bool flag(uint32_t mask) {
    return (REG[XPSR] & mask) != 0;
}

static uint32_t set_nz(uint32_t value) {
    set_flag(FLAG_N, value >> 31);
    set_flag(FLAG_Z, value == 0);
    return value;
}

/// AddWithCarry() of the manual, with flags.
static uint32_t add(uint32_t a, uint32_t b, bool carry) {
    uint64_t wide = (uint64_t) a + b + carry;
    uint32_t sum = (uint32_t) wide;
    set_flag(FLAG_C, wide >> 32);
    set_flag(FLAG_V, ((a ^ sum) & (b ^ sum)) >> 31);
    return set_nz(sum);
}

static uint32_t shift_left(uint32_t value, unsigned count) {
    if (count > 0) {
        set_flag(FLAG_C, count <= 32 && ((uint64_t) value << count) >> 32 & 1);
    }
    return set_nz(count < 32 ? value << count : 0);
}

static uint32_t shift_right(uint32_t value, unsigned count) {
    if (count > 0) {
        set_flag(FLAG_C, count <= 32 && ((uint64_t) value >> (count - 1) & 1));
    }
    return set_nz(count < 32 ? value >> count : 0);
}

static uint32_t shift_right_signed(uint32_t value, unsigned count) {
    int64_t wide = (int32_t) value;
    if (count > 0) {
        set_flag(FLAG_C, wide >> (count < 32 ? count - 1 : 31) & 1);
    }
    return set_nz((uint32_t) (wide >> (count < 32 ? count : 32)));
}

static uint32_t rotate_right(uint32_t value, unsigned count) {
    unsigned turn = count % 32;
    uint32_t turned = turn ? value >> turn | value << (32 - turn) : value;
    if (count > 0) {
        set_flag(FLAG_C, turned >> 31);
    }
    return set_nz(turned);
}

/// BX, BLX and POP: bit 0 must say Thumb. EXC_RETURN values aren't used without exceptions.
static bool branch_exchange(uint32_t target) {
    REG[PC] = target & ~1u;
    return target & 1;
}

static bool condition(unsigned code) {
    bool holds[] = {flag(FLAG_Z),
                    flag(FLAG_C),
                    flag(FLAG_N),
                    flag(FLAG_V),
                    flag(FLAG_C) && !flag(FLAG_Z),
                    flag(FLAG_N) == flag(FLAG_V),
                    flag(FLAG_N) == flag(FLAG_V) && !flag(FLAG_Z),
                    true};
    return holds[code >> 1] != (code & 1);
}

// Each of these executes one group of instructions. REG[PC] is the next instruction's address already;
// an instruction that reads the PC sees that plus 2.

static bool shift_immediate(uint32_t insn) {
    unsigned count = bits(insn, 6, 5), op = bits(insn, 11, 2);
    uint32_t value = REG[bits(insn, 3, 3)], *target = &REG[bits(insn, 0, 3)];
    if (op == 0) {
        *target = shift_left(value, count);
    } else if (op == 1) {
        *target = shift_right(value, count ? count : 32);
    } else {
        *target = shift_right_signed(value, count ? count : 32);
    }
    return true;
}

static bool add_subtract(uint32_t insn) {
    uint32_t b = bits(insn, 10, 1) ? bits(insn, 6, 3) : REG[bits(insn, 6, 3)];
    bool subtract = bits(insn, 9, 1);
    REG[bits(insn, 0, 3)] = add(REG[bits(insn, 3, 3)], subtract ? ~b : b, subtract);
    return true;
}

static bool immediate8(uint32_t insn) {
    uint32_t *target = &REG[bits(insn, 8, 3)], value = bits(insn, 0, 8);
    switch (bits(insn, 11, 2)) {
    case 0:
        *target = set_nz(value);
        break;
    case 1:
        add(*target, ~value, true);
        break;
    case 2:
        *target = add(*target, value, false);
        break;
    default:
        *target = add(*target, ~value, true);
        break;
    }
    return true;
}

/// What the data processing instructions that shift do; `op` is theirs.
static uint32_t shift_register(unsigned op, uint32_t value, unsigned count) {
    switch (op) {
    case 2:
        return shift_left(value, count);
    case 3:
        return shift_right(value, count);
    case 4:
        return shift_right_signed(value, count);
    default:
        return rotate_right(value, count);
    }
}

static bool data_processing(uint32_t insn) {
    uint32_t *d = &REG[bits(insn, 0, 3)], m = REG[bits(insn, 3, 3)];
    unsigned op = bits(insn, 6, 4);
    switch (op) {
    case 0:
        *d = set_nz(*d & m);
        break;
    case 1:
        *d = set_nz(*d ^ m);
        break;
    case 5:
        *d = add(*d, m, flag(FLAG_C));
        break;
    case 6:
        *d = add(*d, ~m, flag(FLAG_C));
        break;
    case 8:
        set_nz(*d & m);
        break;
    case 9:
        *d = add(0, ~m, true);
        break;
    case 10:
        add(*d, ~m, true);
        break;
    case 11:
        add(*d, m, false);
        break;
    case 12:
        *d = set_nz(*d | m);
        break;
    case 13:
        *d = set_nz(*d * m);
        break;
    case 14:
        *d = set_nz(*d & ~m);
        break;
    case 15:
        *d = set_nz(~m);
        break;
    default:
        *d = shift_register(op, *d, m & 0xff);
        break;
    }
    return true;
}

/// ADD, CMP, MOV, BX and BLX, which reach all registers.
static bool special_data(uint32_t insn) {
    unsigned d = bits(insn, 0, 3) | bits(insn, 7, 1) << 3, m = bits(insn, 3, 4);
    uint32_t value = REG[m] + (m == PC ? 2 : 0), next = REG[PC];
    switch (bits(insn, 8, 2)) {
    case 0:
        value += REG[d] + (d == PC ? 2 : 0);
        break;
    case 1:
        add(REG[d], ~value, true);
        return true;
    case 2:
        break;
    default:
        if (bits(insn, 7, 1)) {
            REG[LR] = next | 1;
        }
        return branch_exchange(value);
    }
    REG[d] = d == PC ? value & ~1u : d == SP ? value & ~3u : value;
    return true;
}

static bool load_literal(uint32_t insn) {
    uint32_t base = (REG[PC] + 2) & ~3u;
    return bus_read(base + bits(insn, 0, 8) * 4, 4, &REG[bits(insn, 8, 3)]);
}

static bool load(uint32_t addr, unsigned size, bool is_signed, uint32_t *target) {
    uint32_t value = 0;
    if (!bus_read(addr, size, &value)) {
        return false;
    }
    *target = !is_signed  ? value
              : size == 1 ? (uint32_t) (int8_t) value
                          : (uint32_t) (int16_t) value;
    return true;
}

static bool load_store_register(uint32_t insn) {
    static const uint8_t sizes[] = {4, 2, 1, 1, 4, 2, 1, 2};
    unsigned op = bits(insn, 9, 3);
    uint32_t addr = REG[bits(insn, 3, 3)] + REG[bits(insn, 6, 3)], *d = &REG[bits(insn, 0, 3)];
    if (op < 3) {
        return bus_write(addr, sizes[op], *d);
    }
    return load(addr, sizes[op], op == 3 || op == 7, d);
}

static bool load_store_immediate(uint32_t insn) {
    unsigned kind = bits(insn, 12, 4), size = kind == 8 ? 2 : bits(insn, 12, 1) ? 1 : 4;
    uint32_t addr = REG[bits(insn, 3, 3)] + bits(insn, 6, 5) * size, *d = &REG[bits(insn, 0, 3)];
    return bits(insn, 11, 1) ? load(addr, size, false, d) : bus_write(addr, size, *d);
}

static bool load_store_stack(uint32_t insn) {
    uint32_t addr = REG[SP] + bits(insn, 0, 8) * 4, *d = &REG[bits(insn, 8, 3)];
    return bits(insn, 11, 1) ? load(addr, 4, false, d) : bus_write(addr, 4, *d);
}

static bool add_to_pointer(uint32_t insn) {
    uint32_t base = bits(insn, 11, 1) ? REG[SP] : (REG[PC] + 2) & ~3u;
    REG[bits(insn, 8, 3)] = base + bits(insn, 0, 8) * 4;
    return true;
}

static bool push(uint32_t insn) {
    uint32_t list = bits(insn, 0, 8) | bits(insn, 8, 1) << LR;
    uint32_t addr = REG[SP] - 4 * (unsigned) __builtin_popcount(list);
    REG[SP] = addr;
    for (unsigned i = 0; i <= LR; i++) {
        if (list & 1u << i) {
            if (!bus_write(addr, 4, REG[i])) {
                return false;
            }
            addr += 4;
        }
    }
    return true;
}

static bool pop(uint32_t insn) {
    for (unsigned i = 0; i < 8; i++) {
        if (insn & 1u << i) {
            if (!bus_read(REG[SP], 4, &REG[i])) {
                return false;
            }
            REG[SP] += 4;
        }
    }
    uint32_t target = 0;
    if (!bits(insn, 8, 1)) {
        return true;
    }
    REG[SP] += 4;
    return bus_read(REG[SP] - 4, 4, &target) && branch_exchange(target);
}

static bool extend(uint32_t insn) {
    uint32_t m = REG[bits(insn, 3, 3)], *d = &REG[bits(insn, 0, 3)];
    uint32_t all[] = {(uint32_t) (int16_t) m, (uint32_t) (int8_t) m, m & 0xffff, m & 0xff};
    *d = all[bits(insn, 6, 2)];
    return true;
}

static bool reverse(uint32_t insn) {
    uint32_t m = REG[bits(insn, 3, 3)], swapped = __builtin_bswap32(m);
    uint32_t all[] = {swapped, swapped << 16 | swapped >> 16, 0,
                      (uint32_t) (int16_t) __builtin_bswap16((uint16_t) m)};
    REG[bits(insn, 0, 3)] = all[bits(insn, 6, 2)];
    return bits(insn, 6, 2) != 2;
}

/// Hints, CPS, BKPT, stack pointer arithmetic, and the rest of 1011.
static bool miscellaneous(uint32_t insn) {
    switch (bits(insn, 8, 4)) {
    case 0x0:
        REG[SP] += bits(insn, 0, 7) * 4 * (bits(insn, 7, 1) ? -1u : 1u);
        return true;
    case 0x2:
        return extend(insn);
    case 0x4:
    case 0x5:
        return push(insn);
    case 0x6:
        chip.primask = bits(insn, 4, 1);
        return (insn & 0xffef) == 0xb662;
    case 0xa:
        return reverse(insn);
    case 0xc:
    case 0xd:
        return pop(insn);
    case 0xe:
        if (!(chip.dhcsr & DHCSR_DEBUGEN)) {
            return false;
        }
        REG[PC] -= 2;
        chip_halt(STOPPED_BKPT);
        return true;
    default:
        return bits(insn, 8, 4) == 0xf;  // NOP, YIELD, WFE, WFI, SEV: nothing to wait for
    }
}

static bool load_store_multiple(uint32_t insn) {
    unsigned n = bits(insn, 8, 3);
    uint32_t addr = REG[n];
    bool is_load = bits(insn, 11, 1);
    for (unsigned i = 0; i < 8; i++) {
        if (!(insn & 1u << i)) {
            continue;
        }
        if (!(is_load ? bus_read(addr, 4, &REG[i]) : bus_write(addr, 4, REG[i]))) {
            return false;
        }
        addr += 4;
    }
    if (!is_load || !(insn & 1u << n)) {
        REG[n] = addr;
    }
    return true;
}

static bool branch_conditional(uint32_t insn) {
    unsigned code = bits(insn, 8, 4);
    if (code >= 14) {
        return false;  // UDF and SVC: no exceptions here
    }
    if (condition(code)) {
        REG[PC] += 2 + (uint32_t) ((int8_t) bits(insn, 0, 8) * 2);
    }
    return true;
}

static bool branch(uint32_t insn) {
    REG[PC] += 2 + (uint32_t) ((int32_t) (insn << 21) >> 20);
    return true;
}

static uint32_t *special_register(unsigned number) {
    static uint32_t ignored;
    switch (number) {
    case 8:
        return chip.control & 2 ? &REG[MSP] : &REG[SP];
    case 9:
        return chip.control & 2 ? &REG[SP] : &REG[PSP];
    case 16:
        return &chip.primask;
    default:
        ignored = number < 4 ? REG[XPSR] & 0xf0000000 : 0;
        return &ignored;
    }
}

static void write_control(uint32_t value) {
    if ((value ^ chip.control) & 2) {
        // The stack pointer in use and the other one change places.
        uint32_t *out = chip.control & 2 ? &REG[PSP] : &REG[MSP];
        uint32_t *in = chip.control & 2 ? &REG[MSP] : &REG[PSP];
        *out = REG[SP];
        REG[SP] = *in;
    }
    chip.control = value & 3;
}

/// BL, MSR, MRS and barriers.
static bool wide(uint32_t first, uint32_t second) {
    if ((first & 0xf800) == 0xf000 && (second & 0xd000) == 0xd000) {
        uint32_t s = bits(first, 10, 1), j1 = bits(second, 13, 1), j2 = bits(second, 11, 1);
        uint32_t offset = s << 24 | !(j1 ^ s) << 23 | !(j2 ^ s) << 22 | bits(first, 0, 10) << 12
                          | bits(second, 0, 11) << 1;
        REG[LR] = REG[PC] | 1;
        REG[PC] += (uint32_t) ((int32_t) (offset << 7) >> 7);
        return true;
    }
    if ((first & 0xfff0) == 0xf380) {
        if (bits(second, 0, 8) == 20) {
            write_control(REG[bits(first, 0, 4)]);
        } else {
            *special_register(bits(second, 0, 8)) = REG[bits(first, 0, 4)];
        }
        return true;
    }
    if (first == 0xf3ef) {
        unsigned number = bits(second, 0, 8);
        REG[bits(second, 8, 4)] = number == 20 ? chip.control : *special_register(number);
        return true;
    }
    return first == 0xf3bf;
}

static bool execute(uint32_t insn) {
    static bool (*const groups[16])(uint32_t) = {shift_immediate,
                                                 NULL,
                                                 immediate8,
                                                 immediate8,
                                                 NULL,
                                                 load_store_register,
                                                 load_store_immediate,
                                                 load_store_immediate,
                                                 load_store_immediate,
                                                 load_store_stack,
                                                 add_to_pointer,
                                                 miscellaneous,
                                                 load_store_multiple,
                                                 branch_conditional,
                                                 branch,
                                                 NULL};
    unsigned group = insn >> 12;
    if (group == 1) {
        return bits(insn, 11, 1) ? add_subtract(insn) : shift_immediate(insn);
    }
    if (group == 4) {
        return bits(insn, 11, 1)   ? load_literal(insn)
               : bits(insn, 10, 1) ? special_data(insn)
                                   : data_processing(insn);
    }
    return groups[group] && (group != 14 || !bits(insn, 11, 1)) && groups[group](insn);
}

bool core_step(void) {
    uint32_t insn = 0, second = 0, at = REG[PC];
    bool is_wide = false, done = (REG[XPSR] & XPSR_T) && bus_read(at, 2, &insn);
    if (done) {
        is_wide = insn >= 0xf000;
        done = !is_wide || bus_read(at + 2, 2, &second);
    }
    if (done) {
        REG[PC] = at + (is_wide ? 4 : 2);
        done = is_wide ? wide(insn, second) : execute(insn);
    }
    if (!done) {
        REG[PC] = at;
        return false;
    }
    chip.retired += !chip.halted;
    return true;
}
