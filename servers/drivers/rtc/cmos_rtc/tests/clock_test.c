#include "../clock.h"

#include <driver/io.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../registers.h"

/// The chip: what it shows is set by show(); an update begins when `update_in` reads have been
/// made.
static struct {
    uint8_t regs[128];
    uint8_t index;
    int update_in;  ///< -1: never.
    int updating;   ///< Reads of register A that still say so. -1: for ever.
    bool restless;
    bool gone;
} chip;

static uint64_t now;
static struct datetime next;
static bool binary, hours_24;

io_t io_alloc_port(unsigned long base, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(base, 0x70);
    TEST_EXPECT_EQ(len, 2);
    return chip.gone ? NULL : (io_t) &chip;
}

static uint8_t encode(int value) {
    return (uint8_t) (binary ? value : value / 10 * 16 + value % 10);
}

static uint8_t encode_hour(int hour) {
    if (hours_24) {
        return encode(hour);
    }
    return (uint8_t) (encode((hour + 11) % 12 + 1) | (hour >= 12 ? 0x80 : 0));
}

static void show(const struct datetime *dt) {
    chip.regs[0x00] = encode(dt->second);
    chip.regs[0x02] = encode(dt->minute);
    chip.regs[0x04] = encode_hour(dt->hour);
    // The day of the week is whatever it is.
    chip.regs[0x06] = 3;
    chip.regs[0x07] = encode(dt->day);
    chip.regs[0x08] = encode(dt->month);
    chip.regs[0x09] = encode(dt->year % 100);
    chip.regs[0x32] = encode(dt->year / 100);
    chip.regs[0x0b] = (uint8_t) ((binary ? 4 : 0) | (hours_24 ? 2 : 0) | 0x10);
    chip.regs[0x0d] = 0x80;
}

static uint8_t read_a(void) {
    if (chip.updating != 0) {
        chip.updating -= chip.updating > 0;
        return 0xa6;
    }
    return 0x26;
}

uint8_t io_read8(io_t io __unused, offset_t offset) {
    TEST_EXPECT_EQ(offset, 1);
    if (chip.index == 0x0a) {
        return read_a();
    }
    if (chip.restless && chip.index == 0x00) {
        chip.regs[0] = encode((chip.regs[0] + 1) % 10);
    }
    if (chip.update_in > 0 && --chip.update_in == 0) {
        show(&next);
        chip.updating = 3;
    }
    return chip.regs[chip.index];
}

void io_write8(io_t io __unused, offset_t offset, uint8_t value) {
    // Register numbers only: nothing of the clock is changed. Bit 7 would switch NMIs off.
    TEST_EXPECT_EQ(offset, 0);
    TEST_EXPECT_LT(value, 0x80);
    chip.index = value;
}

uint64_t timer_uptime(void) {
    return now++;
}

static const struct datetime party = {
    .year = 1999, .month = 12, .day = 31, .day_of_week = 5, .hour = 23, .minute = 59, .second = 59};
static const struct datetime hangover = {.year = 2000, .month = 1, .day = 1, .day_of_week = 6};

static void reset(void) {
    memset(&chip, 0, sizeof(chip));
    chip.update_in = -1;
    binary = false;
    hours_24 = true;
    TEST_EXPECT_EQ(clock_init(), OK);
}

static void expect(const struct datetime *expected) {
    struct datetime dt;
    TEST_EXPECT_EQ(clock_read(&dt), OK);
    TEST_EXPECT_EQ(dt.year, expected->year);
    TEST_EXPECT_EQ(dt.month, expected->month);
    TEST_EXPECT_EQ(dt.day, expected->day);
    TEST_EXPECT_EQ(dt.day_of_week, expected->day_of_week);
    TEST_EXPECT_EQ(dt.hour, expected->hour);
    TEST_EXPECT_EQ(dt.minute, expected->minute);
    TEST_EXPECT_EQ(dt.second, expected->second);
}

TEST("every hour is understood, binary or decimal, counted to 12 or to 24") {
    for (int kind = 0; kind < 4; kind++) {
        reset();
        binary = kind & 1;
        hours_24 = kind & 2;
        for (int hour = 0; hour < 24; hour++) {
            struct datetime dt = party;
            dt.hour = (uint8_t) hour;
            show(&dt);
            expect(&dt);
        }
    }
}

TEST("every day of 201 years is understood, with its day of the week") {
    for (int kind = 0; kind < 2; kind++) {
        reset();
        binary = kind;
        // From 1970 to the end of 2170.
        for (int64_t day = 0; day < 73414; day++) {
            struct datetime dt;
            timestamp_to_datetime(day * 86400 + day % 86400, &dt);
            show(&dt);
            expect(&dt);
        }
    }
}

TEST("without a century, years are those from 2020 on") {
    reset();
    static const uint8_t others[] = {0x00, 0xff, 0x18, 0x22, 0x1a, 0x80};
    for (size_t i = 0; i < sizeof(others); i++) {
        struct datetime dt = {.year = 2026, .month = 11, .day = 28, .day_of_week = 6};
        show(&dt);
        chip.regs[0x32] = others[i];
        expect(&dt);
        dt = (struct datetime){.year = 2119, .month = 11, .day = 28, .day_of_week = 2};
        show(&dt);
        chip.regs[0x32] = others[i];
        expect(&dt);
        dt = (struct datetime){.year = 2020, .month = 2, .day = 29, .day_of_week = 6};
        show(&dt);
        chip.regs[0x32] = others[i];
        expect(&dt);
    }
}

TEST("an update at any moment of a reading gives the time before it or after it") {
    for (int moment = 1; moment < 40; moment++) {
        reset();
        show(&party);
        next = hangover;
        chip.update_in = moment;
        struct datetime dt;
        TEST_EXPECT_EQ(clock_read(&dt), OK);
        bool before = datetime_to_timestamp(&dt) == datetime_to_timestamp(&party);
        bool after = datetime_to_timestamp(&dt) == datetime_to_timestamp(&hangover);
        TEST_EXPECT(before || after);
    }
}

TEST("a clock that doesn't come to rest, or has lost its battery, shows nothing") {
    struct datetime dt;
    reset();
    show(&party);
    chip.updating = -1;
    TEST_EXPECT_EQ(clock_read(&dt), ERR_UNAVAILABLE);
    reset();
    show(&party);
    chip.restless = true;
    TEST_EXPECT_EQ(clock_read(&dt), ERR_UNAVAILABLE);
    reset();
    show(&party);
    chip.regs[0x0d] = 0;
    TEST_EXPECT_EQ(clock_read(&dt), ERR_UNAVAILABLE);
    chip.gone = true;
    TEST_EXPECT_EQ(clock_init(), ERR_NO_MEMORY);
}

TEST("what is no date is refused") {
    static const struct {
        uint8_t reg, value;
    } wrong[] = {{0x00, 0x60}, {0x00, 0x5a}, {0x02, 0x60}, {0x02, 0xff},
                 {0x04, 0x24}, {0x04, 0x2a}, {0x07, 0x00}, {0x07, 0x32},
                 {0x08, 0x00}, {0x08, 0x13}, {0x09, 0xa0}, {0x09, 0xff}};
    struct datetime dt;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        reset();
        show(&party);
        chip.regs[wrong[i].reg] = wrong[i].value;
        TEST_EXPECT_EQ(clock_read(&dt), ERR_IO);
    }
    // Binary, and hours to 12.
    static const uint8_t hours[] = {0, 13, 0x80, 0x8d, 0xff};
    for (size_t i = 0; i < sizeof(hours); i++) {
        reset();
        binary = true;
        hours_24 = false;
        show(&party);
        chip.regs[0x04] = hours[i];
        TEST_EXPECT_EQ(clock_read(&dt), ERR_IO);
    }
    // February has 29 days in 2000 and 2024, not in 2023 and 2100.
    static const int years[] = {2000, 2024, 2023, 2100};
    for (int i = 0; i < 4; i++) {
        reset();
        struct datetime leap = {.year = years[i], .month = 2, .day = 29};
        show(&leap);
        TEST_EXPECT_EQ(clock_read(&dt), (i < 2) ? OK : ERR_IO);
    }
}
