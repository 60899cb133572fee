#include "interrupts.h"

#include <resea/printf.h>
#include <resea/syscall.h>

#include "config_space.h"

error_t interrupts_grant(struct pci_device *device, unsigned vector, unsigned *irq,
                         enum dm_irq_kind *kind) {
    if (!device->intx_line || vector != 0) {
        return ERR_UNAVAILABLE;
    }
    error_t err = sys_grant(device->driver, GRANT_IRQ, device->intx_line, 1);
    if (err == ERR_NOT_PERMITTED || err == ERR_INVALID_ARG) {
        WARN("interrupt line %u can't be handed out: the `devices` of [server.dm] in the manifest "
             "don't have it",
             device->intx_line);
        return ERR_UNAVAILABLE;
    }
    if (IS_ERROR(err)) {
        return err;
    }
    bus_set_command(device, 0, COMMAND_INTX_DISABLE);
    device->has_irq = true;
    device->irq = *irq = device->intx_line;
    device->irq_kind = *kind = DM_IRQ_KIND_INTX;
    return OK;
}

void interrupts_switch_off(struct pci_device *device) {
    bus_set_command(device, COMMAND_INTX_DISABLE, 0);
    device->has_irq = false;
}
