#include <message.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "dwc2.h"
#include "registers.h"

/// How long the controller may take for anything that it does by itself.
#define TIMEOUT_MS 100

io_t dwc2_io;
/// The port is being reset: that it is disabled and enabled is no news.
static bool resetting;

static error_t __mustuse wait_for(offset_t reg, uint32_t mask, uint32_t value) {
    uint64_t deadline = timer_uptime() + TIMEOUT_MS;
    while ((dwc2_read(reg) & mask) != value) {
        if (timer_uptime() > deadline) {
            return ERR_TRY_AGAIN;
        }
    }
    return OK;
}

static error_t __mustuse reset_core(void) {
    error_t err = wait_for(GRSTCTL, GRSTCTL_AHB_IDLE, GRSTCTL_AHB_IDLE);
    if (IS_OK(err)) {
        dwc2_write(GRSTCTL, GRSTCTL_CORE);
        err = wait_for(GRSTCTL, GRSTCTL_CORE, 0);
    }
    return IS_OK(err) ? wait_for(GRSTCTL, GRSTCTL_AHB_IDLE, GRSTCTL_AHB_IDLE) : err;
}

/// The chip's own PHY, 8 bits wide: selecting it takes effect with a reset. No role negotiation.
static error_t __mustuse select_phy(void) {
    uint32_t config = dwc2_read(GUSBCFG);
    config &= ~(GUSBCFG_ULPI_VBUS | GUSBCFG_PULSE_DLINE | GUSBCFG_ULPI | GUSBCFG_PHY_16_BIT);
    dwc2_write(GUSBCFG, config);
    error_t err = reset_core();
    if (IS_ERROR(err)) {
        return err;
    }
    config = dwc2_read(GUSBCFG);
    config &= ~(GUSBCFG_HNP | GUSBCFG_SRP | GUSBCFG_FORCE_DEVICE);
    dwc2_write(GUSBCFG, config | GUSBCFG_FORCE_HOST);
    return wait_for(GINTSTS, GINT_HOST_MODE, GINT_HOST_MODE);
}

static error_t __mustuse set_fifos(void) {
    dwc2_write(GRXFSIZ, FIFO_RX);
    dwc2_write(GNPTXFSIZ, FIFO_TX << 16 | FIFO_RX);
    dwc2_write(HPTXFSIZ, FIFO_PERIODIC << 16 | (FIFO_RX + FIFO_TX));
    dwc2_write(GRSTCTL, GRSTCTL_TX_FLUSH | GRSTCTL_TX_ALL);
    error_t err = wait_for(GRSTCTL, GRSTCTL_TX_FLUSH, 0);
    if (IS_OK(err)) {
        dwc2_write(GRSTCTL, GRSTCTL_RX_FLUSH);
        err = wait_for(GRSTCTL, GRSTCTL_RX_FLUSH, 0);
    }
    return err;
}

error_t dwc2_init(void) {
    dwc2_io = io_alloc_memory_fixed(DWC2_PADDR, DWC2_LEN, IO_ALLOC_NORMAL);
    if (dwc2_io == NULL) {
        return ERR_NOT_PERMITTED;
    }
    uint32_t hardware = dwc2_read(GHWCFG2);
    if ((dwc2_read(GSNPSID) & GSNPSID_MASK) != GSNPSID_OTG
        || GHWCFG2_ARCHITECTURE(hardware) != ARCHITECTURE_DMA) {
        return ERR_NOT_FOUND;
    }

    resetting = false;
    dwc2_write(GAHBCFG, 0);
    dwc2_write(GINTMSK, 0);
    error_t err = select_phy();
    if (IS_OK(err)) {
        // The PHY's clock runs.
        dwc2_write(PCGCCTL, 0);
        dwc2_write(HCFG, dwc2_read(HCFG) & ~(HCFG_CLOCK | HCFG_FULL_ONLY));
        err = set_fifos();
    }
    return IS_OK(err) ? channels_init(GHWCFG2_CHANNELS(hardware)) : err;
}

/// The port's register without what a write of it would clear.
static uint32_t port(void) {
    return dwc2_read(HPRT) & ~HPRT_CLEARED_BY_1;
}

void dwc2_start(void) {
    dwc2_write(HPRT, port() | HPRT_POWER | HPRT_CHANGES);
    dwc2_write(GINTSTS, ~0u);
    dwc2_write(GINTMSK, GINT_PORT | GINT_CHANNELS | GINT_DISCONNECTED);
    dwc2_write(GAHBCFG, GAHBCFG_DMA | GAHBCFG_WAIT_WRITES | GAHBCFG_GLOBAL_INTR);
}

void dwc2_watch_frames(bool on) {
    uint32_t mask = dwc2_read(GINTMSK) & ~GINT_SOF;
    dwc2_write(GINTSTS, GINT_SOF);
    dwc2_write(GINTMSK, mask | (on ? GINT_SOF : 0));
}

static void port_interrupt(void) {
    uint32_t status = dwc2_read(HPRT);
    dwc2_write(HPRT, port() | (status & HPRT_CHANGES));
    if (status & HPRT_CURRENT_CHANGE) {
        WARN("the USB port's current is too high, or no longer so");
    }
    bool lost = (status & HPRT_ENABLE_CHANGE) && !(status & HPRT_ENABLED) && !resetting;
    if ((status & HPRT_CONNECT_CHANGE) || lost) {
        usb_root_changed(1);
    }
}

void dwc2_interrupt(void) {
    uint32_t reasons = dwc2_read(GINTSTS) & dwc2_read(GINTMSK);
    if (reasons & GINT_CHANNELS) {
        channels_halted(dwc2_read(HAINT));
    }
    if (reasons & GINT_SOF) {
        dwc2_write(GINTSTS, GINT_SOF);
        channels_frame();
    }
    if (reasons & GINT_PORT) {
        port_interrupt();
    }
    if (reasons & GINT_DISCONNECTED) {
        dwc2_write(GINTSTS, GINT_DISCONNECTED);
        usb_root_changed(1);
    }
}

// ---- The root port ------------------------------------------------------------------------------

static bool port_connected(unsigned number __unused) {
    return (dwc2_read(HPRT) & HPRT_CONNECTED) != 0;
}

static void port_reset(unsigned number __unused, bool on) {
    resetting = resetting || on;
    dwc2_write(HPRT, (port() & ~HPRT_RESET) | (on ? HPRT_RESET : 0));
}

static bool port_enabled(unsigned number __unused, uint8_t *speed) {
    static const uint8_t speeds[] = {USB_SPEED_HIGH, USB_SPEED_FULL, USB_SPEED_LOW, USB_SPEED_LOW};
    uint32_t status = dwc2_read(HPRT);
    resetting = false;
    *speed = speeds[HPRT_SPEED(status)];
    dwc2_write(HFIR, (*speed == USB_SPEED_HIGH) ? HFIR_MICROFRAME : HFIR_FRAME);
    return (status & HPRT_ENABLED) != 0;
}

const struct usb_hc dwc2_hc = {
    .num_ports = 1,
    .port_connected = port_connected,
    .port_reset = port_reset,
    .port_enabled = port_enabled,
    .start = channels_start,
    .cancel = channels_cancel,
};
