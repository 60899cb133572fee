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
    } else {
        printf("pci_probe: intx, msi, best, msix, copy, crash or stay\n");
        task_exit_with(2);
    }
}
