#include "queue.h"

#include <driver/dma.h>
#include <endian.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "ring.h"

// The rings are read and written in place, without flushing caches: a device that doesn't offer
// VIRTIO_F_ACCESS_PLATFORM sees memory as the CPUs do (6.1). What it has to see in order is in the
// order of the barriers below. What only the driver needs to know is kept apart from memory that
// the device can write to.

/// Marks the end of the list of free descriptors.
#define NONE 0xffff

/// What we know about a descriptor.
struct slot {
    void *request;      ///< Of the chain that begins here and is under way, else NULL.
    uint32_t writable;  ///< Bytes of that chain that the device may write to.
    uint16_t last;      ///< The last descriptor of that chain.
    uint16_t count;     ///< How many descriptors that chain has.
    uint16_t next;      ///< In a chain, or in the list of free descriptors.
};

struct virtq {
    unsigned size;
    unsigned max_pieces;
    bool event_idx;
    bool broken;
    uint16_t
        avail_index;  ///< How many chains were made available so far (all these count modulo 2^16).
    uint16_t kicked_index;  ///< How many of them the device was told of.
    uint16_t taken_index;   ///< How many came back.
    uint16_t free_head;
    unsigned num_free;
    struct virtq_desc *descs;
    struct virtq_desc *tables;  ///< max_pieces descriptors for each slot.
    paddr_t tables_daddr;
    struct virtq_avail *avail;
    struct virtq_used *used;
    uint16_t *used_event;
    uint16_t *avail_event;
    io_t notify_io;
    offset_t notify_offset;
    uint16_t notify_value;
    dma_t dma;
    struct slot slots[];
};

static uint16_t load(const uint16_t *place) {
    return from_le16(__atomic_load_n(place, __ATOMIC_RELAXED));
}

static void store(uint16_t *place, uint16_t value) {
    __atomic_store_n(place, into_le16(value), __ATOMIC_RELAXED);
}

static void lay_out(struct virtq *queue) {
    uint8_t *memory = dma_buf(queue->dma);
    unsigned size = queue->size;
    queue->descs = (struct virtq_desc *) memory;
    queue->avail = (struct virtq_avail *) (memory + virtq_avail_offset(size));
    queue->used = (struct virtq_used *) (memory + virtq_used_offset(size));
    queue->tables = (struct virtq_desc *) (memory + virtq_tables_offset(size));
    queue->tables_daddr = dma_daddr(queue->dma) + virtq_tables_offset(size);
    queue->used_event = &queue->avail->ring[size];
    queue->avail_event = (uint16_t *) &queue->used->ring[size];
}

static void free_all_slots(struct virtq *queue) {
    for (unsigned i = 0; i < queue->size; i++) {
        queue->slots[i] = (struct slot){.next = (uint16_t) (i + 1)};
    }
    queue->slots[queue->size - 1].next = NONE;
    queue->free_head = 0;
    queue->num_free = queue->size;
}

virtq_t virtq_make(const struct virtq_setup *setup) {
    size_t tables_len = (size_t) setup->size * setup->max_pieces * sizeof(struct virtq_desc);
    struct virtq *queue = malloc(sizeof(*queue) + setup->size * sizeof(struct slot));
    dma_t dma = dma_alloc(virtq_tables_offset(setup->size) + tables_len,
                          DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    if (queue == NULL || dma == NULL) {
        free(queue);
        dma_free(dma);
        return NULL;
    }

    *queue = (struct virtq){
        .size = setup->size,
        .max_pieces = setup->max_pieces,
        .event_idx = setup->event_idx,
        .notify_io = setup->notify_io,
        .notify_offset = setup->notify_offset,
        .notify_value = setup->notify_value,
        .dma = dma,
    };
    lay_out(queue);
    free_all_slots(queue);
    virtq_no_interrupts(queue);
    return queue;
}

void virtq_free(virtq_t queue) {
    if (queue != NULL) {
        dma_free(queue->dma);
        free(queue);
    }
}

void virtq_leave(virtq_t queue) {
    free(queue);
}

unsigned virtq_size(virtq_t queue) {
    return queue->size;
}

struct virtq_addresses virtq_addresses(virtq_t queue) {
    paddr_t start = dma_daddr(queue->dma);
    return (struct virtq_addresses){
        .descs = start,
        .avail = start + virtq_avail_offset(queue->size),
        .used = start + virtq_used_offset(queue->size),
    };
}

/// Writes a piece into a descriptor; `next` is the one that follows in the chain, if `more` do.
static void write_desc(struct virtq_desc *desc, const struct virtq_piece *piece, bool writable,
                       bool more, unsigned next) {
    unsigned flags = (writable ? VIRTQ_DESC_WRITE : 0u) | (more ? VIRTQ_DESC_NEXT : 0u);
    desc->addr = into_le64(piece->addr);
    desc->len = into_le32(piece->len);
    desc->flags = into_le16((uint16_t) flags);
    desc->next = into_le16((uint16_t) next);
}

/// A chain of descriptors of the ring's. Returns its last one.
static uint16_t write_chain(struct virtq *queue, const struct virtq_piece *pieces, unsigned num_out,
                            unsigned count) {
    uint16_t slot = queue->free_head;
    for (unsigned i = 0;; i++) {
        uint16_t next = queue->slots[slot].next;
        write_desc(&queue->descs[slot], &pieces[i], i >= num_out, i + 1 < count, next);
        if (i + 1 == count) {
            return slot;
        }
        slot = next;
    }
}

/// A chain in the table of the first free descriptor, which refers to it.
static void write_table(struct virtq *queue, const struct virtq_piece *pieces, unsigned num_out,
                        unsigned count) {
    size_t first = (size_t) queue->free_head * queue->max_pieces;
    for (unsigned i = 0; i < count; i++) {
        write_desc(&queue->tables[first + i], &pieces[i], i >= num_out, i + 1 < count, i + 1);
    }
    struct virtq_desc *desc = &queue->descs[queue->free_head];
    desc->addr = into_le64(queue->tables_daddr + first * sizeof(struct virtq_desc));
    desc->len = into_le32((uint32_t) (count * sizeof(struct virtq_desc)));
    desc->flags = into_le16(VIRTQ_DESC_INDIRECT);
    desc->next = 0;
}

static uint32_t sum_of_lens(const struct virtq_piece *pieces, unsigned count) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += pieces[i].len;
    }
    return (sum > UINT32_MAX) ? UINT32_MAX : (uint32_t) sum;
}

/// Tells the device, if it looks, that the chain at `head` is for it.
static void make_available(struct virtq *queue, uint16_t head) {
    store(&queue->avail->ring[queue->avail_index & (queue->size - 1)], head);
    queue->avail_index++;
    // Whoever sees the index also sees the ring and the descriptors.
    __atomic_store_n(&queue->avail->index, into_le16(queue->avail_index), __ATOMIC_RELEASE);
}

error_t virtq_add(virtq_t queue, const struct virtq_piece *pieces, unsigned num_out,
                  unsigned num_in, void *request) {
    unsigned count = num_out + num_in;
    bool indirect = queue->max_pieces != 0 && count > 1;
    unsigned needed = indirect ? 1 : count;
    DEBUG_ASSERT(count > 0 && request != NULL);
    if (count > (indirect ? queue->max_pieces : queue->size)) {
        return ERR_TOO_LARGE;
    }
    if (queue->broken) {
        return ERR_IO;
    }
    if (needed > queue->num_free) {
        return ERR_NO_SPACE;
    }

    uint16_t head = queue->free_head, last = head;
    if (indirect) {
        write_table(queue, pieces, num_out, count);
    } else {
        last = write_chain(queue, pieces, num_out, count);
    }
    queue->free_head = queue->slots[last].next;
    queue->num_free -= needed;

    struct slot *slot = &queue->slots[head];
    slot->request = request;
    slot->last = last;
    slot->count = (uint16_t) needed;
    slot->writable = sum_of_lens(&pieces[num_out], num_in);
    make_available(queue, head);
    return OK;
}

/// Whether counting from `before` to `now` has gone past `event` (2.7.10).
static bool has_passed(uint16_t event, uint16_t before, uint16_t now) {
    return (uint16_t) (now - event - 1) < (uint16_t) (now - before);
}

void virtq_kick(virtq_t queue) {
    if (queue->kicked_index == queue->avail_index || queue->broken) {
        return;
    }
    // The device stores its wish, then looks for requests; we the other way round. With a full
    // barrier on both sides, one of the two sees what the other has stored.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    bool wanted = queue->event_idx ? has_passed(load(queue->avail_event), queue->kicked_index,
                                                queue->avail_index)
                                   : !(load(&queue->used->flags) & VIRTQ_USED_NO_NOTIFY);
    queue->kicked_index = queue->avail_index;
    if (wanted) {
        io_write16(queue->notify_io, queue->notify_offset, queue->notify_value);
    }
}

/// How many chains the device says that it has finished and that we haven't taken.
static unsigned num_finished(struct virtq *queue) {
    uint16_t index = from_le16(__atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE));
    unsigned finished = (uint16_t) (index - queue->taken_index);
    if (finished > virtq_num_under_way(queue)) {
        queue->broken = true;
    }
    return queue->broken ? 0 : finished;
}

/// Takes a chain that is no longer under way apart.
static void *release(struct virtq *queue, unsigned head) {
    struct slot *slot = &queue->slots[head];
    void *request = slot->request;
    slot->request = NULL;
    queue->slots[slot->last].next = queue->free_head;
    queue->free_head = (uint16_t) head;
    queue->num_free += slot->count;
    queue->taken_index++;
    return request;
}

void *virtq_take(virtq_t queue, uint32_t *len) {
    if (num_finished(queue) == 0) {
        return NULL;
    }
    const volatile struct virtq_used_elem *elem =
        &queue->used->ring[queue->taken_index & (queue->size - 1)];
    uint32_t head = from_le32(elem->id), written = from_le32(elem->len);
    if (head >= queue->size || queue->slots[head].request == NULL) {
        queue->broken = true;
        return NULL;
    }
    // Legacy devices are known to count in what they only read (2.7.8.3).
    *len = MIN(written, queue->slots[head].writable);
    return release(queue, head);
}

void *virtq_abort(virtq_t queue) {
    queue->broken = true;
    for (unsigned i = 0; i < queue->size; i++) {
        if (queue->slots[i].request != NULL) {
            return release(queue, i);
        }
    }
    return NULL;
}

bool virtq_interrupt_after(virtq_t queue, unsigned count) {
    store(&queue->avail->flags, 0);
    store(queue->used_event, (uint16_t) (queue->taken_index + count - 1));
    // As in virtq_kick: our wish first, then a look at what there is.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    unsigned enough = queue->event_idx ? count : 1;
    return num_finished(queue) < enough;
}

void virtq_no_interrupts(virtq_t queue) {
    store(&queue->avail->flags, VIRTQ_AVAIL_NO_INTERRUPT);
    // With VIRTIO_F_EVENT_IDX the flag counts for nothing: an event that has just gone by comes
    // again after 2^16 requests.
    store(queue->used_event, (uint16_t) (queue->taken_index - 1));
}

unsigned virtq_num_under_way(virtq_t queue) {
    return (uint16_t) (queue->avail_index - queue->taken_index);
}

unsigned virtq_num_free(virtq_t queue) {
    return queue->num_free;
}

bool virtq_is_broken(virtq_t queue) {
    return queue->broken;
}
