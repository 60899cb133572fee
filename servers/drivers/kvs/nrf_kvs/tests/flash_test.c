#include "../flash.h"

#include "../../../../../libs/driver/tests/fake_io.h"

#include <driver/io.h>
#include <nrf51/nvmc.h>
#include <string.h>
#include <unittest.h>

#define NUM_PAGES 3
#define NUM_WORDS (NUM_PAGES * 256)

/// The flash, which its controller guards.
static uint32_t words[NUM_WORDS];
static uint32_t config;
static int busy;
static unsigned writes_allowed;

vaddr_t io_vaddr(io_t io __unused) {
    return (vaddr_t) words;
}

static uint32_t read_nvmc(offset_t offset) {
    TEST_EXPECT_EQ(offset, NRF_NVMC_READY);
    return busy-- <= 0;
}

static void write_nvmc(offset_t offset, uint32_t value) {
    if (offset == NRF_NVMC_CONFIG) {
        TEST_EXPECT_LE(busy, 0);
        writes_allowed += value == NRF_NVMC_WRITE;
        config = value;
        return;
    }

    TEST_EXPECT_EQ(offset, NRF_NVMC_ERASEPAGE);
    TEST_EXPECT_EQ(config, NRF_NVMC_ERASE);
    uint32_t first = NRF_FLASH_LEN - NUM_WORDS * 4;
    TEST_EXPECT_GE(value, first);
    TEST_EXPECT_LT(value, NRF_FLASH_LEN);
    TEST_EXPECT_EQ(value % NRF_FLASH_PAGE_LEN, 0);
    memset(&words[(value - first) / 4], 0xff, NRF_FLASH_PAGE_LEN);
    busy = 2;
}

static uint32_t read_flash(offset_t offset) {
    return words[offset / 4];
}

static void write_flash(offset_t offset, uint32_t value) {
    TEST_EXPECT_EQ(config, NRF_NVMC_WRITE);
    words[offset / 4] &= value;
    busy = 2;
}

static void start(struct kvstore_flash *flash) {
    static const struct fake_device nvmc = {NRF_NVMC_BASE, NRF_NVMC_LEN, read_nvmc, write_nvmc};
    static const struct fake_device storage = {NRF_FLASH_LEN - NUM_WORDS * 4, NUM_WORDS * 4,
                                               read_flash, write_flash};
    fake_io_reset();
    fake_io_add(&nvmc);
    fake_io_add(&storage);
    busy = 0;
    TEST_EXPECT_EQ(flash_init(flash), OK);
    TEST_EXPECT_EQ(flash->num_pages, NUM_PAGES);
}

TEST("the flash can be written only while it is written") {
    struct kvstore_flash flash;
    config = NRF_NVMC_WRITE;
    start(&flash);
    TEST_EXPECT_EQ(config, NRF_NVMC_READ_ONLY);
    flash.erase(1);
    TEST_EXPECT_EQ(config, NRF_NVMC_READ_ONLY);
    flash.write(256, 0x12345678);
    TEST_EXPECT_EQ(config, NRF_NVMC_READ_ONLY);
    TEST_EXPECT_EQ(words[256], 0x12345678);
}

TEST("a store works on it, whatever was there") {
    struct kvstore_flash flash;
    struct kvstore store;
    memset(words, 0x5a, sizeof(words));
    start(&flash);
    TEST_EXPECT_EQ(kvstore_mount(&store, &flash), OK);
    for (int i = 0; i < 1000; i++) {
        TEST_EXPECT_EQ(kvstore_set(&store, "key", 3, &i, sizeof(i)), OK);
    }
    TEST_EXPECT_EQ(kvstore_mount(&store, &flash), OK);
    const void *value;
    size_t len;
    TEST_EXPECT_EQ(kvstore_get(&store, "key", 3, &value, &len), OK);
    TEST_EXPECT_EQ(len, sizeof(int));
    const int expected = 999;
    TEST_EXPECT_MEM_EQ(value, &expected, sizeof(expected));
}

TEST("without the flash or its controller there is an error") {
    struct kvstore_flash flash;
    fake_io_reset();
    TEST_EXPECT_EQ(flash_init(&flash), ERR_NOT_PERMITTED);
}
