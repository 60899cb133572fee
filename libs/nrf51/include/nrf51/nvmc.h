#ifndef __NRF51_NVMC_H__
#define __NRF51_NVMC_H__

/// \file
/// The flash and its controller. nRF51 Series Reference Manual 3.0, chapter 6 "Non-Volatile Memory
/// Controller". Flash is written by words, which clears bits, and erased by pages, at least 20,000
/// times. The CPU stands still meanwhile, as it runs from the same flash: 46 us for a word, 22 ms for a
/// page (nRF51822 Product Specification 3.1, section 8.18).

#define NRF_NVMC_BASE 0x4001e000ul
#define NRF_NVMC_LEN  0x1000

#define NRF_NVMC_READY  0x400
#define NRF_NVMC_CONFIG 0x504
/// Takes the address of the page.
#define NRF_NVMC_ERASEPAGE 0x508

#define NRF_NVMC_READ_ONLY 0u
#define NRF_NVMC_WRITE     1u
#define NRF_NVMC_ERASE     2u

#define NRF_FLASH_PAGE_LEN 1024
/// Of the part on the micro:bit.
#define NRF_FLASH_LEN 0x40000ul

#endif
