#ifndef __DWC2_H__
#define __DWC2_H__

#include <driver/io.h>
#include <usb/hc.h>

/// The controller's registers.
extern io_t dwc2_io;

static inline uint32_t dwc2_read(offset_t offset) {
    return io_read32(dwc2_io, offset);
}

static inline void dwc2_write(offset_t offset, uint32_t value) {
    io_write32(dwc2_io, offset, value);
}

// ---- core.c ----

extern const struct usb_hc dwc2_hc;

/// Resets the controller and makes it a host. ERR_NOT_FOUND: there is none that this driver knows. ERR_TRY_AGAIN:
/// it doesn't come out of its reset. ERR_NO_MEMORY, ERR_NOT_PERMITTED.
error_t __mustuse dwc2_init(void);
/// The port's power, and interrupts, are on from now on.
void dwc2_start(void);
/// Does what there is to be done.
void dwc2_interrupt(void);
/// Whether the controller tells of each frame.
void dwc2_watch_frames(bool on);

// ---- channel.c ----

/// All channels are idle. ERR_NO_MEMORY.
error_t __mustuse channels_init(unsigned num);
void channels_start(struct usb_transfer *transfer);
void channels_cancel(struct usb_transfer *transfer);
/// Channels have halted: bit n is channel n.
void channels_halted(uint32_t halted);
/// A frame, or a microframe, has begun.
void channels_frame(void);

#endif
