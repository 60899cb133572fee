#include "pci_device.h"

#include <driver/io.h>
#include <driver/irq.h>
#include <message.h>
#include <resea/ipc.h>
#include <resea/timer.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "fake_regs.h"

#define DM     42
#define HANDLE 7

// Where the modern device has its registers, as QEMU's do: each in a page of range 4.
#define COMMON 0x0000u
#define ISR    0x1000u
#define CONFIG 0x2000u
#define NOTIFY 0x3000u

struct pci_device pci_device;
bool pci_device_irq_acquired;
static uint64_t now;

static void put(unsigned offset, size_t size, uint32_t value) {
    memcpy(&pci_device.space[offset], &value, size);
}

/// A capability as 4.1.4 describes it.
static void put_cap(unsigned place, unsigned next, unsigned type, uint32_t offset, uint32_t len) {
    put(place, 1, 0x09);
    put(place + 1, 1, next);
    put(place + 2, 1, 16);
    put(place + 3, 1, type);
    put(place + 4, 1, 4);
    put(place + 8, 4, offset);
    put(place + 12, 4, len);
}

unsigned pci_device_cap(unsigned type) {
    static const unsigned places[] = {0, 0x50, 0x60, 0x80, 0x90};
    return places[type];
}

void pci_device_init(bool modern, enum msix msix) {
    memset(&pci_device, 0, sizeof(pci_device));
    pci_device.modern = modern;
    pci_device.msix = msix;
    pci_device.device_id = 0x1001;
    pci_device.num_queues = PCI_DEVICE_QUEUES;
    pci_device.features = 1ull << 28 | 1ull << 29 | 1ull << 5 | (modern ? 1ull << 32 : 0);
    for (unsigned i = 0; i < PCI_DEVICE_QUEUES; i++) {
        pci_device.queues[i].size = 64;
        pci_device.queues[i].notify_off = (uint16_t) i;
    }
    for (unsigned i = 0; i < PCI_DEVICE_CONFIG; i++) {
        pci_device.config[i] = (uint8_t) (0x10 + i);
    }
    // Whoever had it before has left it running.
    pci_device.status = 0x0f;
    pci_device.config_vector = 0xffff;
    put(0x06, 2, 0x10);
    put(0x34, 1, 0x40);
    put(0x40, 1, 0x11);
    if (modern) {
        put(0x41, 1, 0x50);
        put_cap(0x50, 0x60, 1, COMMON, 0x38);
        put_cap(0x60, 0x80, 2, NOTIFY, 0x1000);
        put(0x70, 4, 4);
        put_cap(0x80, 0x90, 3, ISR, 1);
        put_cap(0x90, 0xa0, 4, CONFIG, PCI_DEVICE_CONFIG);
        // Behind them one that the driver has no use for.
        put_cap(0xa0, 0, 5, 0, 0);
    }
}

static void set_status(uint8_t status) {
    if (status == 0) {
        pci_device.resets++;
        pci_device.resets_until_done = (pci_device.status != 0) ? 3 : 0;
        if (!pci_device.never_resets) {
            memset(&pci_device.driver_features, 0, sizeof(pci_device.driver_features));
        }
        return;
    }
    // FEATURES_OK stays off if the device doesn't agree.
    bool refused = (pci_device.driver_features & pci_device.refused) != 0
                   || !(pci_device.driver_features & 1ull << 32);
    pci_device.status = (uint8_t) (refused ? status & ~8u : status);
}

static uint8_t get_status(void) {
    if (pci_device.never_resets) {
        return 0x0f;
    }
    if (pci_device.resets_until_done > 0 && --pci_device.resets_until_done == 0) {
        pci_device.status = 0;
    }
    return pci_device.status;
}

static uint8_t take_isr(void) {
    uint8_t isr = pci_device.isr;
    pci_device.isr = 0;
    return isr;
}

static uint32_t read_config(offset_t offset, size_t size) {
    if (pci_device.restless > 0) {
        pci_device.restless--;
        pci_device.generation++;
        pci_device.config[0]++;
    }
    uint32_t value = 0;
    memcpy(&value, &pci_device.config[offset], size);
    return value;
}

static bool queue_exists(void) {
    return pci_device.queue_select < pci_device.num_queues
           && pci_device.queue_select < PCI_DEVICE_QUEUES;
}

static uint16_t get_vector(uint16_t vector) {
    return (pci_device.msix == MSIX_VECTORS_REFUSED) ? 0xffff : vector;
}

static uint32_t read_common(offset_t offset, size_t size __unused) {
    unsigned q = pci_device.queue_select % PCI_DEVICE_QUEUES;
    switch (offset) {
    case 0x04:
        return (pci_device.feature_select > 1)
                   ? 0
                   : (uint32_t) (pci_device.features >> (32 * pci_device.feature_select));
    case 0x10:
        return get_vector(pci_device.config_vector);
    case 0x12:
        return pci_device.num_queues;
    case 0x14:
        return get_status();
    case 0x15:
        return pci_device.generation;
    case 0x18:
        return queue_exists() ? pci_device.queues[q].size : 0;
    case 0x1a:
        return get_vector(pci_device.queues[q].vector);
    case 0x1e:
        return pci_device.queues[q].notify_off;
    default:
        TEST_EXPECT_EQ(offset, UINTPTR_MAX);
        return 0;
    }
}

static void set_half(uint64_t *number, bool upper, uint32_t value) {
    unsigned shift = upper ? 32 : 0;
    *number = (*number & ~(0xffffffffull << shift)) | (uint64_t) value << shift;
}

static void write_queue(offset_t offset, uint32_t value) {
    TEST_EXPECT(queue_exists());
    unsigned q = pci_device.queue_select % PCI_DEVICE_QUEUES;
    switch (offset) {
    case 0x18:
        pci_device.queues[q].size = (uint16_t) value;
        break;
    case 0x1a:
        pci_device.queues[q].vector = (uint16_t) value;
        break;
    case 0x1c:
        TEST_EXPECT_EQ(value, 1);
        pci_device.queues[q].enabled = true;
        break;
    case 0x20:
    case 0x24:
        set_half(&pci_device.queues[q].descs, offset & 4, value);
        break;
    case 0x28:
    case 0x2c:
        set_half(&pci_device.queues[q].avail, offset & 4, value);
        break;
    default:
        TEST_EXPECT(offset == 0x30 || offset == 0x34);
        set_half(&pci_device.queues[q].used, offset & 4, value);
    }
}

static void write_common(offset_t offset, size_t size __unused, uint32_t value) {
    switch (offset) {
    case 0x00:
    case 0x08:
        pci_device.feature_select = value;
        break;
    case 0x0c:
        set_half(&pci_device.driver_features, pci_device.feature_select == 1, value);
        break;
    case 0x10:
        pci_device.config_vector = (uint16_t) value;
        break;
    case 0x14:
        set_status((uint8_t) value);
        break;
    case 0x16:
        pci_device.queue_select = (uint16_t) value;
        break;
    default:
        write_queue(offset, value);
    }
}

static void notify(uint32_t queue) {
    TEST_EXPECT_LT(queue, PCI_DEVICE_QUEUES);
    pci_device.queues[queue % PCI_DEVICE_QUEUES].notified++;
}

static void write_notify(offset_t offset, size_t size __unused, uint32_t value) {
    TEST_EXPECT_EQ(offset, 4u * pci_device.queues[value % PCI_DEVICE_QUEUES].notify_off);
    notify(value);
}

static uint32_t read_isr(offset_t offset __unused, size_t size __unused) {
    return take_isr();
}

static offset_t legacy_config(void) {
    return (pci_device.msix != WITHOUT_MSIX) ? 0x18 : 0x14;
}

static uint32_t read_legacy(offset_t offset, size_t size) {
    if (offset >= legacy_config()) {
        return read_config(offset - legacy_config(), size);
    }
    switch (offset) {
    case 0x00:
        return (uint32_t) pci_device.features;
    case 0x0c:
        return queue_exists() ? pci_device.queues[pci_device.queue_select].size : 0;
    case 0x12:
        return get_status();
    case 0x13:
        return take_isr();
    case 0x14:
        return get_vector(pci_device.config_vector);
    default:
        TEST_EXPECT_EQ(offset, 0x16);
        return get_vector(pci_device.queues[pci_device.queue_select].vector);
    }
}

static void write_legacy(offset_t offset, size_t size __unused, uint32_t value) {
    switch (offset) {
    case 0x04:
        pci_device.driver_features = value;
        break;
    case 0x08:
        pci_device.queues[pci_device.queue_select].page = value;
        break;
    case 0x0e:
        pci_device.queue_select = (uint16_t) value;
        break;
    case 0x10:
        notify(value);
        break;
    case 0x12:
        if (value != 0) {
            pci_device.status = (uint8_t) value;
        } else {
            set_status(0);
        }
        break;
    case 0x14:
        pci_device.config_vector = (uint16_t) value;
        break;
    default:
        TEST_EXPECT_EQ(offset, 0x16);
        pci_device.queues[pci_device.queue_select].vector = (uint16_t) value;
    }
}

static const struct {
    offset_t offset;
    uint32_t (*read)(offset_t offset, size_t size);
    void (*write)(offset_t offset, size_t size, uint32_t value);
} windows[] = {
    {COMMON, read_common, write_common},
    {ISR, read_isr, NULL},
    {CONFIG, read_config, NULL},
    {NOTIFY, NULL, write_notify},
};

static io_t make_io(size_t len, uint32_t (*read)(offset_t, size_t),
                    void (*write)(offset_t, size_t, uint32_t)) {
    io_t io = malloc(sizeof(*io));
    *io = (struct io){.len = len, .read = read, .write = write};
    pci_device.windows++;
    return io;
}

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    TEST_EXPECT_GE(paddr, PCI_DEVICE_MEMORY);
    TEST_EXPECT_LE(paddr + len, PCI_DEVICE_MEMORY + PCI_DEVICE_MEMORY_LEN);
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        if (paddr == PCI_DEVICE_MEMORY + windows[i].offset) {
            return make_io(len, windows[i].read, windows[i].write);
        }
    }
    return NULL;
}

io_t io_alloc_port(unsigned long base, size_t len, unsigned flags __unused) {
    TEST_EXPECT_EQ(base, PCI_DEVICE_PORTS);
    return make_io(len, read_legacy, write_legacy);
}

void io_free(io_t io) {
    if (io != NULL) {
        pci_device.windows--;
        free(io);
    }
}

static error_t attach(struct message *m) {
    if (m->dm_attach_pci_device.vendor_id != 0x1af4
        || m->dm_attach_pci_device.device_id != pci_device.device_id) {
        return ERR_NOT_FOUND;
    }
    if (pci_device.attached) {
        return ERR_IN_USE;
    }
    pci_device.attached = true;
    m->type = DM_ATTACH_PCI_DEVICE_REPLY_MSG;
    m->dm_attach_pci_device_reply.handle = HANDLE;
    return OK;
}

static error_t bar(struct message *m) {
    unsigned index = m->dm_pci_bar.index;
    if (index > 5) {
        return ERR_INVALID_ARG;
    }
    bzero(m, sizeof(*m));
    m->type = DM_PCI_BAR_REPLY_MSG;
    if (index == 4) {
        m->dm_pci_bar_reply.kind = DM_BAR_KIND_MEMORY;
        m->dm_pci_bar_reply.addr = PCI_DEVICE_MEMORY;
        m->dm_pci_bar_reply.len = PCI_DEVICE_MEMORY_LEN;
    } else if (index == 0) {
        m->dm_pci_bar_reply.kind = DM_BAR_KIND_PORTS;
        m->dm_pci_bar_reply.addr = PCI_DEVICE_PORTS;
        m->dm_pci_bar_reply.len = legacy_config() + PCI_DEVICE_CONFIG;
    }
    return OK;
}

static error_t read_space(struct message *m) {
    offset_t offset = m->dm_pci_read_config.offset;
    unsigned size = m->dm_pci_read_config.size;
    if (offset + size > sizeof(pci_device.space) || offset % size != 0) {
        return ERR_INVALID_ARG;
    }
    bzero(m, sizeof(*m));
    m->type = DM_PCI_READ_CONFIG_REPLY_MSG;
    memcpy(&m->dm_pci_read_config_reply.value, &pci_device.space[offset], size);
    return OK;
}

error_t ipc_lookup(const char *name) {
    TEST_EXPECT_STR_EQ(name, "dm");
    return DM;
}

error_t ipc_call(task_t dst, struct message *m) {
    TEST_EXPECT_EQ(dst, DM);
    switch (m->type) {
    case DM_ATTACH_PCI_DEVICE_MSG:
        return attach(m);
    case DM_PCI_BAR_MSG:
        return bar(m);
    case DM_PCI_READ_CONFIG_MSG:
        return read_space(m);
    case DM_PCI_IRQ_MSG:
        bzero(m, sizeof(*m));
        m->type = DM_PCI_IRQ_REPLY_MSG;
        m->dm_pci_irq_reply.irq = PCI_DEVICE_IRQ;
        m->dm_pci_irq_reply.kind =
            (pci_device.msix != WITHOUT_MSIX) ? DM_IRQ_KIND_MSIX : DM_IRQ_KIND_INTX;
        return OK;
    case DM_PCI_ENABLE_BUS_MASTER_MSG:
        pci_device.bus_master = true;
        m->type = DM_PCI_ENABLE_BUS_MASTER_REPLY_MSG;
        return OK;
    default:
        TEST_EXPECT_EQ(m->type, DM_DETACH_DEVICE_MSG);
        pci_device.attached = false;
        m->type = DM_DETACH_DEVICE_REPLY_MSG;
        return OK;
    }
}

error_t irq_acquire(unsigned irq) {
    TEST_EXPECT_EQ(irq, PCI_DEVICE_IRQ);
    if (pci_device_irq_acquired) {
        return ERR_ALREADY_EXISTS;
    }
    pci_device_irq_acquired = true;
    return OK;
}

error_t irq_release(unsigned irq) {
    TEST_EXPECT_EQ(irq, PCI_DEVICE_IRQ);
    pci_device_irq_acquired = false;
    return OK;
}

uint64_t timer_uptime(void) {
    return now++;
}
