#include "classes.h"

// PCI Code and ID Assignment Specification 1.11, section 1.

#define ANY 0xff

/// From the particular to the general.
static const struct {
    uint8_t class, subclass, interface;
    const char *name;
} classes[] = {
    {0x01, 0x01, ANY, "IDE controller"},
    {0x01, 0x06, 0x01, "AHCI controller"},
    {0x01, 0x06, ANY, "SATA controller"},
    {0x01, 0x08, ANY, "NVMe controller"},
    {0x01, 0x00, ANY, "SCSI controller"},
    {0x01, ANY, ANY, "storage controller"},
    {0x02, 0x00, ANY, "Ethernet controller"},
    {0x02, ANY, ANY, "network controller"},
    {0x03, 0x00, ANY, "VGA controller"},
    {0x03, ANY, ANY, "display controller"},
    {0x04, 0x01, ANY, "audio controller"},
    {0x04, 0x03, ANY, "HD Audio controller"},
    {0x04, ANY, ANY, "multimedia device"},
    {0x05, ANY, ANY, "memory controller"},
    {0x06, 0x00, ANY, "host bridge"},
    {0x06, 0x01, ANY, "ISA bridge"},
    {0x06, 0x04, ANY, "PCI bridge"},
    {0x06, ANY, ANY, "bridge"},
    {0x07, 0x00, ANY, "serial port"},
    {0x07, ANY, ANY, "communication device"},
    {0x08, ANY, ANY, "system peripheral"},
    {0x09, ANY, ANY, "input device"},
    {0x0b, ANY, ANY, "processor"},
    {0x0c, 0x03, 0x00, "UHCI controller"},
    {0x0c, 0x03, 0x10, "OHCI controller"},
    {0x0c, 0x03, 0x20, "EHCI controller"},
    {0x0c, 0x03, 0x30, "xHCI controller"},
    {0x0c, 0x03, ANY, "USB controller"},
    {0x0c, 0x05, ANY, "SMBus controller"},
    {0x0c, ANY, ANY, "serial bus controller"},
    {0x0d, ANY, ANY, "wireless controller"},
    {0x10, ANY, ANY, "encryption controller"},
    {0x12, ANY, ANY, "accelerator"},
};
#define NUM_CLASSES (sizeof(classes) / sizeof(classes[0]))

static bool is_like(uint8_t pattern, uint32_t value) {
    return pattern == ANY || pattern == (value & 0xff);
}

const char *class_name(uint32_t class) {
    for (size_t i = 0; i < NUM_CLASSES; i++) {
        if (classes[i].class == (class >> 16) && is_like(classes[i].subclass, class >> 8)
            && is_like(classes[i].interface, class)) {
            return classes[i].name;
        }
    }
    return "device";
}
