// The model of interrupt lines.

#include <config.h>
#include <kernel_abi.h>

#include "model.h"

/// The bit of a line; 0 if it doesn't take part.
static unsigned bit_of(unsigned line) {
    return line >= FIRST_LINE && line < FIRST_LINE + NUM_LINES ? 1u << (line - FIRST_LINE) : 0;
}

void model_acquire(struct model_task *task, unsigned line) {
    unsigned bit = bit_of(line);
    error_t err = OK;
    if (line >= CONFIG_NUM_IRQS) {
        err = ERR_INVALID_ARG;
    } else if (!(task->granted_lines & bit)) {
        err = ERR_NOT_PERMITTED;
    } else if (task->owned_lines & bit) {
        err = ERR_ALREADY_EXISTS;
    } else {
        task->owned_lines |= bit;
    }
    model_return(task, err);
}

void model_release(struct model_task *task, unsigned line) {
    unsigned bit = bit_of(line);
    error_t err = OK;
    if (line >= CONFIG_NUM_IRQS) {
        err = ERR_INVALID_ARG;
    } else if (!(task->owned_lines & bit)) {
        err = ERR_NOT_FOUND;
    } else {
        task->owned_lines &= ~bit;
        task->held_lines &= ~bit;
    }
    model_return(task, err);
}

void model_irq(unsigned line) {
    unsigned bit = bit_of(line);
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        if (model[slot].owned_lines & bit) {
            model[slot].held_lines |= bit;
            model_notify_locked(&model[slot], NOTIFY_IRQ);
        }
    }
}

void model_irq_done(struct model_task *task) {
    // A notification that is still to be received belongs to an interrupt that it hasn't seen.
    if (!(task->notifications & NOTIFY_IRQ)) {
        task->held_lines = 0;
    }
}

bool model_is_unmasked(unsigned line) {
    bool owned = false;
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        if (model[slot].held_lines & bit_of(line)) {
            return false;
        }
        owned |= (model[slot].owned_lines & bit_of(line)) != 0;
    }
    return owned;
}
