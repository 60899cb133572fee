#include "bus.h"

#include <bitmap.h>
#include <resea/printf.h>
#include <string.h>

#include "config_space.h"

#define BUSES_MAX      256
#define DEVICES_ON_BUS 32
#define FUNCTIONS_MAX  8
#define CLASS_BRIDGE   0x06
#define INTX_PIN_MAX   4
#define INTX_LINE_NONE 255

static struct pci_device devices[DEVICES_MAX];
static size_t num_devices;
static bool has_too_many;
/// Those behind which has been looked: what the bridges say may go round in circles.
static uint32_t seen_buses[BITMAP_WORDS(BUSES_MAX)];

size_t bus_num_devices(void) {
    return num_devices;
}

struct pci_device *bus_device(size_t index) {
    return &devices[index];
}

unsigned bus_find_capability(const struct pci_device *device, uint8_t id, unsigned from) {
    uint32_t address = device->address;
    if (!(config_read(address, PCI_STATUS, 2) & STATUS_CAPABILITIES)) {
        return 0;
    }
    // The list's end is a zero, or what makes no sense; a list that bites its tail has none.
    unsigned offset =
        config_read(address, from ? from + CAP_NEXT : PCI_CAPABILITIES, 1) & CAP_ALIGN;
    for (int i = 0; i < CAPS_MAX && offset >= PCI_HEADER_END; i++) {
        if (config_read(address, offset, 1) == id) {
            return offset;
        }
        offset = config_read(address, offset + CAP_NEXT, 1) & CAP_ALIGN;
    }
    return 0;
}

void bus_set_command(const struct pci_device *device, uint32_t set, uint32_t clear) {
    uint32_t command = config_read(device->address, PCI_COMMAND, 2);
    uint32_t wanted = (command & ~clear) | set;
    if (wanted != command) {
        config_write(device->address, PCI_COMMAND, 2, wanted);
    }
}

static uint8_t read_intx_line(uint32_t address) {
    uint32_t both = config_read(address, PCI_INTERRUPT_LINE, 2);
    uint32_t line = both & 0xff, pin = both >> 8;
    return (pin >= 1 && pin <= INTX_PIN_MAX && line != INTX_LINE_NONE) ? (uint8_t) line : 0;
}

/// Notes a function that is there. Returns NULL if there are too many.
static struct pci_device *add(uint32_t address, uint32_t id, uint8_t header_type,
                              const struct pci_device *bridge) {
    if (num_devices == DEVICES_MAX) {
        has_too_many = true;
        return NULL;
    }
    struct pci_device *device = &devices[num_devices++];
    uint32_t class = config_read(address, PCI_CLASS, 4) >> 8;
    *device = (struct pci_device){
        .address = address,
        .bridge = bridge,
        .vendor_id = (uint16_t) id,
        .device_id = (uint16_t) (id >> 16),
        .class = class,
        .is_for_bridge = header_type != HEADER_TYPE_DEVICE || (class >> 16) == CLASS_BRIDGE,
    };
    if (!device->is_for_bridge) {
        device->intx_line = read_intx_line(address);
        device->was_master = (config_read(address, PCI_COMMAND, 2) & COMMAND_BUS_MASTER) != 0;
        bus_set_command(device, COMMAND_INTX_DISABLE, COMMAND_BUS_MASTER);
    }
    return device;
}

/// Looks at one function. Returns its header type with HEADER_MULTI_FUNCTION, or -1 if it isn't there.
static int scan_function(uint32_t address, const struct pci_device *bridge) {
    uint32_t id = config_read(address, PCI_VENDOR_ID, 4);
    if ((id & 0xffff) == VENDOR_NONE) {
        return -1;
    }
    uint8_t header_type = (uint8_t) config_read(address, PCI_HEADER_TYPE, 1);
    return add(address, id, header_type & HEADER_TYPE_MASK, bridge) ? header_type : -1;
}

static void scan_bus(uint32_t bus, const struct pci_device *bridge) {
    bitmap_set(seen_buses, bus);
    for (uint32_t device = 0; device < DEVICES_ON_BUS; device++) {
        uint32_t address = (bus << 8) | (device << 3);
        int header_type = scan_function(address, bridge);
        bool has_more = header_type >= 0 && (header_type & HEADER_MULTI_FUNCTION);
        for (uint32_t function = 1; has_more && function < FUNCTIONS_MAX; function++) {
            (void) scan_function(address | function, bridge);
        }
    }
}

/// The bus behind a function that is a bridge, if the firmware has numbered it and nobody has looked there; or 0.
static uint32_t bus_behind(const struct pci_device *device) {
    uint32_t type = config_read(device->address, PCI_HEADER_TYPE, 1) & HEADER_TYPE_MASK;
    if (!device->is_for_bridge || type != HEADER_TYPE_BRIDGE) {
        return 0;
    }
    uint32_t bus = config_read(device->address, PCI_SECONDARY_BUS, 1);
    return bitmap_get(seen_buses, bus) ? 0 : bus;
}

void bus_scan(void) {
    num_devices = 0;
    has_too_many = false;
    bzero(seen_buses, sizeof(seen_buses));
    scan_bus(0, NULL);
    // Buses are added behind what is looked through.
    for (size_t i = 0; i < num_devices; i++) {
        uint32_t bus = bus_behind(&devices[i]);
        if (bus) {
            scan_bus(bus, &devices[i]);
        }
    }
    if (has_too_many) {
        WARN("there are more than %d devices: the others are left alone", DEVICES_MAX);
    }
}
