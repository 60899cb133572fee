#include <driver/io.h>
#include <nrf51/gpio.h>

static io_t io;

error_t nrf_gpio_init(void) {
    io = io_alloc_memory_fixed(NRF_GPIO_BASE, NRF_GPIO_LEN, IO_ALLOC_NORMAL);
    return (io != NULL) ? OK : ERR_NOT_PERMITTED;
}

void nrf_gpio_configure(unsigned pin, uint32_t config) {
    io_write32(io, NRF_GPIO_PIN_CNF(pin), config);
}

uint32_t nrf_gpio_read(void) {
    return io_read32(io, NRF_GPIO_IN);
}

uint32_t nrf_gpio_outputs(void) {
    return io_read32(io, NRF_GPIO_OUT);
}

void nrf_gpio_set(uint32_t pins) {
    io_write32(io, NRF_GPIO_OUTSET, pins);
}

void nrf_gpio_clear(uint32_t pins) {
    io_write32(io, NRF_GPIO_OUTCLR, pins);
}
