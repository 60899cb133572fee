#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "sim.h"

// Where things are in sim_be_ecm's descriptors.
#define UNION_AT    23
#define ETHERNET_AT 28

static struct adapter adapter;

static error_t open_ecm(void) {
    return sim_open(&adapter, &ecm_chip);
}

static void begin(void) {
    sim_begin();
    sim_be_ecm();
}

TEST("an adapter is opened: its address, its data's setting, its filter, three pipes") {
    begin();
    TEST_EXPECT_EQ(open_ecm(), OK);
    TEST_EXPECT_MEM_EQ(adapter.mac, ((const uint8_t[]){0x52, 0x54, 0, 0xab, 0xcd, 0xef}), 6);
    TEST_EXPECT_EQ(sim.num_alternates, 2);
    TEST_EXPECT_EQ(sim.alternates[0], 0);
    TEST_EXPECT_EQ(sim.alternates[1], 1);
    TEST_EXPECT_EQ(sim.filter, 0x0e);
    TEST_EXPECT_EQ(sim.num_opened, 3);
    TEST_EXPECT_EQ(sim.num_listened, 2);
    TEST_EXPECT(adapter.link);
    TEST_EXPECT_EQ(adapter.mbit_per_s, 12);
}

TEST("an adapter without a filter is one") {
    begin();
    sim.filter_error = ERR_NOT_ACCEPTABLE;
    TEST_EXPECT_EQ(open_ecm(), OK);
    sim.filter_error = ERR_IO;
    TEST_EXPECT_EQ(open_ecm(), ERR_IO);
}

TEST("one that has a single setting for its data may refuse to choose it") {
    begin();
    memmove(&sim.config[48], &sim.config[57], sim.config_len - 57);
    sim.config_len -= 9;
    sim.config[48 + 3] = 0;
    sim.alternate_error = ERR_NOT_ACCEPTABLE;
    TEST_EXPECT_EQ(open_ecm(), OK);
    TEST_EXPECT_EQ(sim.num_alternates, 1);
}

static void expect_refusal(error_t expected) {
    TEST_EXPECT_EQ(open_ecm(), expected);
    TEST_EXPECT_EQ(adapter.chip, NULL);
    TEST_EXPECT_GE(sim.num_detached, 1);
}

TEST("what isn't an adapter is refused, and given back") {
    begin();
    sim.config[UNION_AT + 2] = 7;
    expect_refusal(ERR_NOT_ACCEPTABLE);
    begin();
    sim.config[ETHERNET_AT + 3] = 0;
    expect_refusal(ERR_NOT_ACCEPTABLE);
    begin();
    sim.has_bulk = false;
    expect_refusal(ERR_NOT_ACCEPTABLE);
    begin();
    sim.alternate_error = ERR_NOT_ACCEPTABLE;
    expect_refusal(ERR_NOT_ACCEPTABLE);
}

TEST("an address that can't be one is refused") {
    begin();
    sim.string_len = 24;
    expect_refusal(ERR_NOT_ACCEPTABLE);
    begin();
    sim.string[2] = 'g';
    expect_refusal(ERR_NOT_ACCEPTABLE);
    begin();
    sim.string[3] = 1;
    expect_refusal(ERR_NOT_ACCEPTABLE);
    begin();
    // A group's.
    sim.string[4] = '3';
    expect_refusal(ERR_NOT_ACCEPTABLE);
    begin();
    for (unsigned i = 0; i < 12; i++) {
        sim.string[2 + 2 * i] = '0';
    }
    expect_refusal(ERR_NOT_ACCEPTABLE);
}

TEST("descriptors that are cut off anywhere do no harm") {
    begin();
    for (size_t len = sim.config_len; len > 0; len--) {
        sim.config_len = len - 1;
        sim.num_alternates = 0;
        (void) open_ecm();
    }
    TEST_EXPECT_EQ(adapter.chip, NULL);
}

TEST("descriptors that were changed do no harm") {
    srand(1);
    unsigned num_opened = 0;
    for (unsigned i = 0; i < 2000; i++) {
        begin();
        // The interface that has the data stays what the simulation knows.
        size_t at = (size_t) rand() % sim.config_len;
        if (at != UNION_AT + 4 && at != ETHERNET_AT + 3) {
            sim.config[at] = (uint8_t) rand();
        }
        num_opened += IS_OK(open_ecm());
    }
    TEST_EXPECT_GT(num_opened, 500);
}

TEST("the adapter tells of its link and its speed") {
    begin();
    TEST_EXPECT_EQ(open_ecm(), OK);
    ecm_chip.status(&adapter, (const uint8_t[]){0xa1, 0x00, 0, 0, 0, 0, 0, 0}, 8);
    TEST_EXPECT(!adapter.link);
    ecm_chip.status(&adapter, (const uint8_t[]){0xa1, 0x00, 1, 0, 0, 0, 0, 0}, 8);
    TEST_EXPECT(adapter.link);
    const uint8_t speed[16] = {0xa1, 0x2a, 0, 0, 0, 0, 8, 0, 0x00, 0xe1, 0xf5, 0x05};
    ecm_chip.status(&adapter, speed, 15);
    TEST_EXPECT_EQ(adapter.mbit_per_s, 12);
    ecm_chip.status(&adapter, speed, 16);
    TEST_EXPECT_EQ(adapter.mbit_per_s, 100);
    // Not a notification, and less than one.
    ecm_chip.status(&adapter, (const uint8_t[]){1, 0, 0, 0, 0, 0, 0, 0}, 8);
    ecm_chip.status(&adapter, (const uint8_t[]){0xa1, 0, 0, 0}, 4);
    ecm_chip.status(&adapter, NULL, 0);
    TEST_EXPECT(adapter.link);
}
