#include "nic.h"

#include <resea/printf.h>
#include <string.h>

#include "header.h"

#define BIT(feature) (UINT64_C(1) << (feature))
#define FEATURES_CUT (BIT(F_HOST_TSO4) | BIT(F_HOST_TSO6))
/// Several segments in one frame.
#define FEATURES_MERGED (BIT(F_GUEST_TSO4) | BIT(F_GUEST_TSO6))
#define FEATURES                                                                                \
    (BIT(F_CSUM) | BIT(F_GUEST_CSUM) | BIT(F_MTU) | BIT(F_MAC) | FEATURES_MERGED | FEATURES_CUT \
     | BIT(F_MRG_RXBUF) | BIT(F_STATUS) | BIT(F_ANY_LAYOUT) | BIT(F_SPEED_DUPLEX))

/// Pieces of memory under way in each queue, at most: as many buffers as the rings hold.
#define QUEUE_LEN NET_FREE_LEN
/// Pieces that a frame of 64 KiB can have (idl/net.idl).
#define SEGMENT_PIECES 36

#define MTU_DEFAULT 1500
#define MTU_MIN     1280
#define MTU_MAX     9000

static uint64_t agreed_features(const struct nic *nic) {
    uint64_t features = 0;
    for (unsigned i = 0; i < 64; i++) {
        if ((FEATURES & BIT(i)) && virtio_has(nic->virtio, i)) {
            features |= BIT(i);
        }
    }
    return features;
}

/// Those of the features that can be used with the others.
static uint64_t usable(uint64_t features) {
    if (!(features & BIT(F_CSUM))) {
        features &= ~FEATURES_CUT;
    }
    // No buffer alone has room for a merged frame.
    if (!(features & BIT(F_GUEST_CSUM)) || !(features & BIT(F_MRG_RXBUF))) {
        features &= ~FEATURES_MERGED;
    }
    return features;
}

/// Takes the device and agrees on features. What it offers is known only then.
static error_t take(struct nic *nic) {
    error_t err = virtio_open(VIRTIO_TYPE_NET, FEATURES, &nic->virtio);
    if (IS_ERROR(err)) {
        return err;
    }
    uint64_t features = agreed_features(nic);
    if (usable(features) == features) {
        return OK;
    }
    virtio_close(nic->virtio);
    return virtio_open(VIRTIO_TYPE_NET, usable(features), &nic->virtio);
}

static bool has(const struct nic *nic, unsigned feature) {
    return virtio_has(nic->virtio, feature);
}

/// Nobody's group, and not all zeroes.
static bool is_valid_mac(const uint8_t mac[6]) {
    static const uint8_t none[6];
    return (mac[0] & 1) == 0 && memcmp(mac, none, sizeof(none)) != 0;
}

static error_t read_mac(const struct nic *nic, uint8_t mac[6]) {
    if (!has(nic, F_MAC)) {
        return ERR_NOT_ACCEPTABLE;
    }
    for (unsigned i = 0; i < 6; i++) {
        uint64_t byte;
        error_t err = virtio_read_config(nic->virtio, CONFIG_MAC + i, 1, &byte);
        if (IS_ERROR(err)) {
            return err;
        }
        mac[i] = (uint8_t) byte;
    }
    return is_valid_mac(mac) ? OK : ERR_NOT_ACCEPTABLE;
}

static error_t read_mtu(const struct nic *nic, uint32_t *mtu) {
    *mtu = MTU_DEFAULT;
    if (!has(nic, F_MTU)) {
        return OK;
    }
    uint64_t value;
    error_t err = virtio_read_config(nic->virtio, CONFIG_MTU, 2, &value);
    if (IS_ERROR(err)) {
        return err;
    }
    // One that is longer may come as well, and needs a place.
    size_t most = nic->merges ? UINT16_MAX : NET_BUFFER_LEN - NET_HEADER_LEN - nic->header_len;
    *mtu = (uint32_t) MIN(value, (uint64_t) MTU_MAX);
    return (value >= MTU_MIN && value <= most) ? OK : ERR_NOT_ACCEPTABLE;
}

static error_t set_up_queues(struct nic *nic, unsigned *max_pieces) {
    static const struct virtio_queue_options options = {.max_size = QUEUE_LEN};
    error_t err = virtio_queue(nic->virtio, QUEUE_RX, &options, &nic->rx);
    if (IS_OK(err)) {
        err = virtio_queue(nic->virtio, QUEUE_TX, &options, &nic->tx);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    // Beside a frame's pieces there is its header.
    *max_pieces = MIN(virtq_num_free(nic->tx) - 1, NET_PIECES_MAX);
    return (*max_pieces >= 2 && virtq_num_free(nic->rx) >= 2) ? OK : ERR_NOT_ACCEPTABLE;
}

static unsigned net_features(const struct nic *nic) {
    bool merges = nic->merges && (has(nic, F_GUEST_TSO4) || has(nic, F_GUEST_TSO6));
    return (has(nic, F_CSUM) ? NET_TX_CHECKSUM : 0u) | (nic->cuts4 ? NET_TX_SEGMENT4 : 0u)
           | (nic->cuts6 ? NET_TX_SEGMENT6 : 0u) | (nic->checks ? NET_RX_CHECKSUM : 0u)
           | (merges ? NET_RX_MERGES : 0u);
}

static error_t set_up(struct nic *nic, struct net_device *device) {
    bool modern = virtio_is_modern(nic->virtio);
    nic->merges = has(nic, F_MRG_RXBUF);
    nic->checks = has(nic, F_GUEST_CSUM);
    nic->header_len = (modern || nic->merges) ? HEADER_LEN : HEADER_LEN_LEGACY;
    nic->header_is_alone = !modern && !has(nic, F_ANY_LAYOUT);
    error_t err = read_mac(nic, device->mac);
    if (IS_OK(err)) {
        err = read_mtu(nic, &device->mtu);
    }
    if (IS_OK(err)) {
        err = set_up_queues(nic, &device->max_pieces);
    }
    if (IS_OK(err)) {
        bool has_room = device->max_pieces >= SEGMENT_PIECES;
        nic->cuts4 = has_room && has(nic, F_HOST_TSO4);
        nic->cuts6 = has_room && has(nic, F_HOST_TSO6);
        device->features = net_features(nic);
        device->link = nic_link(nic, &device->mbit_per_s);
    }
    return err;
}

error_t nic_open(struct nic *nic, struct net_device *device) {
    error_t err = take(nic);
    if (IS_ERROR(err)) {
        return err;
    }
    err = set_up(nic, device);
    if (IS_ERROR(err)) {
        virtio_close(nic->virtio);
    }
    return err;
}

void nic_start(struct nic *nic) {
    virtio_start(nic->virtio);
    // Nothing has come yet.
    (void) virtq_interrupt_after(nic->rx, 1);
}

void nic_close(struct nic *nic) {
    if (IS_ERROR(virtio_reset(nic->virtio))) {
        // It may go on writing to memory that isn't ours any more. When we end, dm takes its access to memory away.
        PANIC("the device doesn't stop");
    }
    virtio_close(nic->virtio);
}

bool nic_link(const struct nic *nic, uint32_t *mbit_per_s) {
    if (virtio_needs_reset(nic->virtio)) {
        PANIC("the device says that it can't go on");
    }
    uint64_t speed = 0, status = STATUS_LINK_UP;
    if (has(nic, F_SPEED_DUPLEX)
        && (IS_ERROR(virtio_read_config(nic->virtio, CONFIG_SPEED, 4, &speed))
            || speed > SPEED_MAX)) {
        speed = 0;
    }
    *mbit_per_s = (uint32_t) speed;
    bool is_told =
        has(nic, F_STATUS) && IS_OK(virtio_read_config(nic->virtio, CONFIG_STATUS, 2, &status));
    return !is_told || (status & STATUS_LINK_UP);
}
