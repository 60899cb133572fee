#include <blk/server.h>
#include <driver/irq.h>
#include <driver/pci.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "channel.h"
#include "registers.h"

#define PCI_CLASS_STORAGE 0x01
#define PCI_SUBCLASS_IDE  0x01

static const struct {
    const char *name;
    uint16_t command, control;
    unsigned irq;
} places[NUM_CHANNELS] = {
    {"primary channel", PRIMARY_PORTS, PRIMARY_CONTROL, PRIMARY_IRQ},
    {"secondary channel", SECONDARY_PORTS, SECONDARY_CONTROL, SECONDARY_IRQ},
};

static struct channel channels[NUM_CHANNELS];
static bool timer_runs;

static void submit(struct blk_op *op) {
    struct drive *drive = op->disk->driver_data;
    if (!timer_runs) {
        timer_runs = true;
        OOPS_OK(timer_set(TICK_MS));
    }
    error_t err = channel_start(drive->channel, op);
    if (IS_ERROR(err)) {
        blk_server_complete(op, err);
    }
}

/// Looks at a channel, and tells if its operation has ended.
static void look(struct channel *channel, void (*how)(struct channel *, error_t *)) {
    struct blk_op *op = channel->op;
    error_t err = OK;
    how(channel, &err);
    if (op != NULL && channel->op == NULL) {
        blk_server_complete(op, err);
    }
}

static void interrupt(void) {
    for (int i = 0; i < NUM_CHANNELS; i++) {
        look(&channels[i], channel_look);
    }
}

/// While something is under way, the timer looks whether it takes too long.
static void tick(void) {
    timer_runs = false;
    bool busy = false;
    for (int i = 0; i < NUM_CHANNELS; i++) {
        look(&channels[i], channel_tick);
        busy = busy || channels[i].op != NULL;
    }
    if (busy && !timer_runs) {
        timer_runs = true;
        OOPS_OK(timer_set(TICK_MS));
    }
}

static const struct blk_driver driver = {
    .submit = submit,
    .interrupt = interrupt,
    .timer = tick,
};

/// Finds out what moves data, if something does.
static io_t find_bus_master(uint32_t *interface) {
    struct pci pci;
    io_t io;
    *interface = 0;
    error_t err = pci_attach_class(PCI_CLASS_STORAGE, PCI_SUBCLASS_IDE, PCI_ANY_INTERFACE, &pci);
    if (IS_ERROR(err)) {
        DEBUG("no PCI IDE controller: %s", error_name(err));
        return NULL;
    }
    err = pci_read_config(&pci, PCI_INTERFACE, 1, interface);
    if (IS_OK(err)) {
        err = pci_map_bar(&pci, BM_BAR, &io);
    }
    if (IS_OK(err)) {
        err = pci_enable_bus_master(&pci);
    }
    if (IS_ERROR(err)) {
        WARN("the controller can't be used for DMA: %s", error_name(err));
        return NULL;
    }
    return io;
}

static void set_up(int index, io_t bus_master) {
    struct channel *channel = &channels[index];
    channel->name = places[index].name;
    channel->command = io_alloc_port(places[index].command, COMMAND_PORTS, IO_ALLOC_NORMAL);
    channel->control = io_alloc_port(places[index].control, CONTROL_PORTS, IO_ALLOC_NORMAL);
    ASSERT(channel->command != NULL && channel->control != NULL);
    channel->prds = dma_alloc(PAGE_SIZE, DMA_ALLOC_TO_DEV);
    if (bus_master != NULL && channel->prds != NULL) {
        channel->bus_master = bus_master;
        channel->bm_offset = (offset_t) index * BM_PORTS;
    }
}

static unsigned find_disks(void) {
    uint32_t interface;
    io_t bus_master = find_bus_master(&interface);
    unsigned num_disks = 0;
    for (int i = 0; i < NUM_CHANNELS; i++) {
        if (interface & INTERFACE_NATIVE(i)) {
            WARN("the %s isn't where it is on every PC", places[i].name);
            continue;
        }
        set_up(i, bus_master);
        unsigned found = channel_init(&channels[i]);
        if (found > 0) {
            ASSERT_OK(irq_acquire(places[i].irq));
        }
        num_disks += found;
    }
    return num_disks;
}

static void add_disks(struct channel *channel) {
    for (int i = 0; i < NUM_DRIVES; i++) {
        struct drive *drive = &channel->drives[i];
        if (drive->present) {
            ASSERT_OK(blk_server_add_disk(&drive->disk));
        }
    }
}

void main(void) {
    if (find_disks() == 0) {
        DEBUG("there is no IDE disk");
        return;
    }
    blk_server_init("ide", &driver);
    for (int i = 0; i < NUM_CHANNELS; i++) {
        add_disks(&channels[i]);
    }
    blk_server_run();
}
