#include <message.h>
#include <resea/cmdline.h>
#include <resea/init.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "e1000e.h"
#include "edu.h"

#define COUNT 1000

// A random number generator of virtio 1.2 (sections 4.1.4.3 and 2.1), as QEMU lays it out.
#define VIRTIO_VENDOR_ID     0x1af4
#define VIRTIO_RNG_DEVICE_ID 0x1044
#define VIRTIO_COMMON_BAR    4
#define VIRTIO_STATUS        0x14
#define VIRTIO_ACKNOWLEDGE   1

/// Tells whether the device has been reset since this was done before.
static void acknowledge(void) {
    struct pci pci;
    io_t io;
    ASSERT_OK(pci_attach(VIRTIO_VENDOR_ID, VIRTIO_RNG_DEVICE_ID, &pci));
    ASSERT_OK(pci_map_bar(&pci, VIRTIO_COMMON_BAR, &io));
    printf("virtio: status %u\n", io_read8(io, VIRTIO_STATUS));
    io_write8(io, VIRTIO_STATUS, VIRTIO_ACKNOWLEDGE);
    ASSERT(io_read8(io, VIRTIO_STATUS) == VIRTIO_ACKNOWLEDGE);
}

/// Ends while the device is about to write to its memory.
static void crash(void) {
    struct pci pci;
    io_t io;
    edu_attach(&pci, &io);
    ASSERT_OK(pci_enable_bus_master(&pci));
    dma_t dma = dma_alloc(EDU_BUFFER_LEN, DMA_ALLOC_FROM_DEV);
    ASSERT(dma != NULL);
    edu_start_write(io, dma);
    printf("edu: writes to %#lx, and its driver ends\n", (unsigned long) dma_daddr(dma));
    *(volatile int *) NULL = 1;
}

/// Has a device, and never ends.
static void stay(void) {
    struct pci pci;
    io_t io;
    edu_attach(&pci, &io);
    ASSERT_OK(pci_enable_bus_master(&pci));
    printf("edu: stays\n");
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        discard_unknown_message(&m);
    }
}

void main(void) {
    const char *blank = strchr(program_cmdline(), ' ');
    const char *what = (blank != NULL) ? blank + 1 : "";
    if (!strcmp(what, "intx")) {
        edu_interrupt(DM_IRQ_KIND_INTX, COUNT);
    } else if (!strcmp(what, "msi")) {
        edu_interrupt(DM_IRQ_KIND_MSI, COUNT);
    } else if (!strcmp(what, "best")) {
        edu_interrupt(-1, COUNT);
    } else if (!strcmp(what, "msix")) {
        e1000e_interrupt(COUNT);
    } else if (!strcmp(what, "copy")) {
        edu_copy();
    } else if (!strcmp(what, "crash")) {
        crash();
    } else if (!strcmp(what, "stay")) {
        stay();
    } else if (!strcmp(what, "virtio")) {
        acknowledge();
    } else {
        printf("pci_probe: intx, msi, best, msix, copy, crash, stay or virtio\n");
        task_exit_with(2);
    }
}
