#include "interrupts.h"

#include <arch_msi.h>
#include <resea/printf.h>
#include <resea/syscall.h>

#include "config_space.h"
#include "messages.h"

/// Who has the lines of messages. A task keeps one until it ends, as the grant does.
static struct line {
    task_t owner;                     ///< 0: nobody
    const struct pci_device *device;  ///< NULL once the owner has given the device back.
    unsigned vector;
} lines[MSI_NUM_LINES];

static bool is_free(const struct line *line, task_t task) {
    return !line->owner || (line->owner == task && !line->device);
}

/// Returns the line of a device's vector, or another one that is free and becomes it, or NULL.
static struct line *line_for(const struct pci_device *device, unsigned vector) {
    struct line *free = NULL;
    for (size_t i = 0; i < MSI_NUM_LINES; i++) {
        struct line *line = &lines[i];
        if (line->device == device && line->vector == vector) {
            return line;
        }
        if (!free && is_free(line, device->driver)) {
            free = line;
        }
    }
    if (free) {
        *free = (struct line){.owner = device->driver, .device = device, .vector = vector};
    }
    return free;
}

static error_t grant(const struct pci_device *device, unsigned irq) {
    error_t err = sys_grant(device->driver, GRANT_IRQ, irq, 1);
    if (err == ERR_NOT_PERMITTED || err == ERR_INVALID_ARG) {
        WARN("interrupt line %u can't be handed out: the `devices` of [server.dm] in the manifest "
             "don't have it",
             irq);
        return ERR_UNAVAILABLE;
    }
    return err;
}

static error_t grant_intx(struct pci_device *device, unsigned *irq) {
    error_t err = grant(device, device->intx_line);
    if (err == OK) {
        *irq = device->intx_line;
        bus_set_command(device, 0, COMMAND_INTX_DISABLE);
    }
    return err;
}

static error_t grant_message(struct pci_device *device, enum dm_irq_kind kind, unsigned vector,
                             unsigned *irq) {
    struct line *line = line_for(device, vector);
    if (!line) {
        return ERR_UNAVAILABLE;
    }
    *irq = MSI_FIRST_LINE + (unsigned) (line - lines);
    error_t err = grant(device, *irq);
    if (err == OK && kind == DM_IRQ_KIND_MSIX) {
        err = msix_switch_on(device, vector, *irq);
    } else if (err == OK) {
        msi_switch_on(device, *irq);
    }
    if (err != OK) {
        line->device = NULL;
    }
    return err;
}

/// How many interrupts of that kind the device has.
static unsigned count(const struct pci_device *device, int kind) {
    switch (kind) {
    case DM_IRQ_KIND_INTX:
        return device->intx_line ? 1 : 0;
    case DM_IRQ_KIND_MSI:
        return msi_vectors(device);
    default:
        return msix_vectors(device);
    }
}

static error_t grant_kind(struct pci_device *device, unsigned vector, int kind, unsigned *irq) {
    if (vector >= count(device, kind)) {
        return ERR_UNAVAILABLE;
    }
    return (kind == DM_IRQ_KIND_INTX) ? grant_intx(device, irq)
                                      : grant_message(device, (enum dm_irq_kind) kind, vector, irq);
}

error_t interrupts_grant(struct pci_device *device, unsigned vector, int *kind, unsigned *irq) {
    static const int best_first[] = {DM_IRQ_KIND_MSIX, DM_IRQ_KIND_MSI, DM_IRQ_KIND_INTX};
    if (device->has_irq && *kind == ANY_KIND) {
        *kind = device->irq_kind;
    }
    if (device->has_irq && *kind != (int) device->irq_kind) {
        return ERR_ALREADY_EXISTS;
    }
    error_t err = ERR_UNAVAILABLE;
    for (size_t i = 0; i < 3 && err == ERR_UNAVAILABLE; i++) {
        if (*kind == ANY_KIND || *kind == best_first[i]) {
            err = grant_kind(device, vector, best_first[i], irq);
            if (err == OK) {
                *kind = best_first[i];
            }
        }
    }
    if (err == OK && !device->has_irq) {
        device->has_irq = true;
        device->irq = *irq;
        device->irq_kind = (enum dm_irq_kind) * kind;
    }
    return err;
}

void interrupts_switch_off(struct pci_device *device) {
    bus_set_command(device, COMMAND_INTX_DISABLE, 0);
    msi_switch_off(device);
    msix_switch_off(device);
    device->has_irq = false;
    for (size_t i = 0; i < MSI_NUM_LINES; i++) {
        if (lines[i].device == device) {
            lines[i].device = NULL;
        }
    }
}

void interrupts_forget_task(task_t task) {
    for (size_t i = 0; i < MSI_NUM_LINES; i++) {
        if (lines[i].owner == task) {
            lines[i] = (struct line){0};
        }
    }
}
