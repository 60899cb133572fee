#ifndef __TRANSFER_H__
#define __TRANSFER_H__

/// \file
/// One operation after the other, between the card and memory. Each goes on when the controller interrupts or the timer
/// runs out; nothing here blocks for longer than a command takes.
///
/// What fails is done anew, from the start: a few times, at a lower clock in the end, and with a card that has been
/// identified anew if it doesn't answer any more.

#include <blk/server.h>

#include "card.h"

/// How often an operation is begun at most.
#define TRANSFER_ATTEMPTS 4
/// An operation that nothing is heard of for one to two times as long has failed. The controller gives up by itself
/// before that: see TIMEOUT_EXPONENT.
#define TRANSFER_TIMEOUT_MS 2000
/// After a failure: how often, and how often at most, it is looked whether the card is ready again. It may be busy
/// with what it was sent before that.
#define TRANSFER_SETTLE_MS    2
#define TRANSFER_SETTLE_STEPS 500
/// So many times in a row may the card not answer to that.
#define TRANSFER_SILENCE_MAX 3

/// A card that is ready, and whether the DMA channel is to be used. Interrupts come from now on.
void transfer_init(const struct card *card, bool use_dma);

/// What a `struct blk_driver` needs.
void transfer_submit(struct blk_op *op);
void transfer_interrupt(void);
void transfer_timer(void);

#endif
