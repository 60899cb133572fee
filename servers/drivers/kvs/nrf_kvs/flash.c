#include "flash.h"

#include <driver/io.h>
#include <nrf51/nvmc.h>

static io_t nvmc;
static io_t pages;
/// The address of the first page.
static uint32_t base;

/// Lets the flash be written or erased, and nothing else once we are done: a stray write of anybody's then
/// does nothing.
static void begin(uint32_t mode) {
    io_write32(nvmc, NRF_NVMC_CONFIG, mode);
}

static void end(void) {
    // No time passes here on the part, whose CPU stands still until the flash can be read again.
    while (io_read32(nvmc, NRF_NVMC_READY) == 0) {}
    io_write32(nvmc, NRF_NVMC_CONFIG, NRF_NVMC_READ_ONLY);
}

static void write_word(size_t index, uint32_t value) {
    begin(NRF_NVMC_WRITE);
    io_write32(pages, index * sizeof(uint32_t), value);
    end();
}

static void erase_page(unsigned page) {
    begin(NRF_NVMC_ERASE);
    io_write32(nvmc, NRF_NVMC_ERASEPAGE, base + page * NRF_FLASH_PAGE_LEN);
    end();
}

/// Maps as many pages at the end of the flash as the manifest gives us: it alone says how many. 0: none.
static unsigned map_pages(void) {
    for (unsigned num = KVSTORE_PAGES_MAX; num >= KVSTORE_PAGES_MIN; num--) {
        size_t len = num * NRF_FLASH_PAGE_LEN;
        base = (uint32_t) (NRF_FLASH_LEN - len);
        pages = io_alloc_memory_fixed(base, len, IO_ALLOC_NORMAL);
        if (pages != NULL) {
            return num;
        }
    }
    return 0;
}

error_t flash_init(struct kvstore_flash *flash) {
    nvmc = io_alloc_memory_fixed(NRF_NVMC_BASE, NRF_NVMC_LEN, IO_ALLOC_NORMAL);
    unsigned num_pages = map_pages();
    if (nvmc == NULL || num_pages == 0) {
        return ERR_NOT_PERMITTED;
    }

    // Whoever ran before us may have ended in the middle of a write.
    end();
    *flash = (struct kvstore_flash){
        .words = (const uint32_t *) io_vaddr(pages),
        .page_len = NRF_FLASH_PAGE_LEN,
        .num_pages = num_pages,
        .write = write_word,
        .erase = erase_page,
    };
    return OK;
}
