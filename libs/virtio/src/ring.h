#ifndef __RING_H__
#define __RING_H__

/// \file
/// What a queue looks like in memory (2.7 of the specification). Driver and device share it:
///
///     descriptors      16 bytes each: the pieces of requests
///     available ring   the driver tells which chains are for the device
///     (alignment to VIRTQ_ALIGN, which legacy devices expect)
///     used ring        the device tells which chains it has finished
///     tables           ours: chains of descriptors that stand behind one (indirect)

#include <types.h>

#define VIRTQ_ALIGN 4096

#define VIRTQ_DESC_NEXT     1
#define VIRTQ_DESC_WRITE    2
#define VIRTQ_DESC_INDIRECT 4

struct virtq_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

#define VIRTQ_AVAIL_NO_INTERRUPT 1

struct virtq_avail {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];  ///< Behind the ring: used_event.
};

#define VIRTQ_USED_NO_NOTIFY 1

struct virtq_used_elem {
    uint32_t id;
    uint32_t len;
};

struct virtq_used {
    uint16_t flags;
    uint16_t index;
    struct virtq_used_elem ring[];  ///< Behind the ring: avail_event.
};

STATIC_ASSERT(sizeof(struct virtq_desc) == 16, "as the device sees it");
STATIC_ASSERT(sizeof(struct virtq_used_elem) == 8, "as the device sees it");

static inline size_t virtq_avail_offset(unsigned size) {
    return size * sizeof(struct virtq_desc);
}

static inline size_t virtq_used_offset(unsigned size) {
    size_t avail_len = sizeof(struct virtq_avail) + (size + 1u) * sizeof(uint16_t);
    return ALIGN_UP(virtq_avail_offset(size) + avail_len, (size_t) VIRTQ_ALIGN);
}

static inline size_t virtq_tables_offset(unsigned size) {
    size_t used_len =
        sizeof(struct virtq_used) + size * sizeof(struct virtq_used_elem) + sizeof(uint16_t);
    return ALIGN_UP(virtq_used_offset(size) + used_len, sizeof(struct virtq_desc));
}

#endif
