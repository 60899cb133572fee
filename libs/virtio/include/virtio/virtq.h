#ifndef __VIRTIO_VIRTQ_H__
#define __VIRTIO_VIRTQ_H__

/// \file
/// A queue of requests to a virtio device: a split virtqueue ("Virtual I/O Device (VIRTIO) Version 1.2",
/// 2.7). A request is a chain of pieces of memory; several can be under way, and the device may finish
/// them in any order.
///
///     virtq_add(queue, …); virtq_add(queue, …); virtq_kick(queue);
///
///     on NOTIFY_IRQ:
///     virtio_acknowledge(device);
///     do {
///         while ((request = virtq_take(queue, &len)) != NULL) { … }
///     } while (!virtq_interrupt_after(queue, 1));
///
/// A queue begins without interrupts: the first virtq_interrupt_after asks for one. What the device
/// writes into the rings is checked; one that breaks the rules gets no further request.

#include <types.h>

typedef struct virtq *virtq_t;

/// A piece of memory, as the device sees it (dma_daddr). It must be the driver's until the request
/// is finished, and may not lie across the end of what one dma_alloc or one buffer of vm's gave.
struct virtq_piece {
    uint64_t addr;
    uint32_t len;  ///< 1 or more.
};

/// Puts a request into the queue: first `num_out` pieces that the device reads, then `num_in` that
/// it writes to; one of either at least. `request` isn't NULL; virtq_take gives it back. The device
/// may begin, but need not before virtq_kick. ERR_NO_SPACE: too much is under way. ERR_TOO_LARGE:
/// more pieces than the queue can ever hold, or than `max_pieces` of virtio_queue. ERR_IO: the
/// queue is broken.
error_t __mustuse virtq_add(virtq_t queue, const struct virtq_piece *pieces, unsigned num_out,
                            unsigned num_in, void *request);
/// Tells the device of what was added, unless it is known to look by itself. Doesn't block.
void virtq_kick(virtq_t queue);

/// The next finished request, NULL if there is none. `len` is how much the device says that it
/// wrote, from the first byte of the first piece that it may write to on; never more than fits
/// there.
void *virtq_take(virtq_t queue, uint32_t *len);
/// A request that isn't finished, NULL if there is none: for after a reset of the device, which
/// forgets all of them. Only then may their memory be used again.
void *virtq_abort(virtq_t queue);

/// Asks for an interrupt when `count` more requests, from 1, are finished. False: they are already,
/// and there will be none. Without VIRTIO_F_EVENT_IDX, the device interrupts at the first one,
/// whatever `count` is. True for a queue that is broken, from which nothing comes any more:
/// virtq_is_broken tells.
bool virtq_interrupt_after(virtq_t queue, unsigned count);
/// Asks for no interrupts any more, for who goes on to look by itself. One may still come.
void virtq_no_interrupts(virtq_t queue);

/// Requests that virtq_take hasn't given back.
unsigned virtq_num_under_way(virtq_t queue);
/// Pieces that still fit. With `max_pieces`, a request takes one, whatever it consists of.
unsigned virtq_num_free(virtq_t queue);
/// Whether the device has broken the rules: it must be reset.
bool virtq_is_broken(virtq_t queue);

#endif
