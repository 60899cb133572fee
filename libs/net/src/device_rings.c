#include "device_rings.h"

#include <resea/printf.h>
#include <string.h>

/// What only we write. The memory that the server writes, too, has copies of some of it, which are never read back.
static struct {
    struct device_memory memory;
    const struct net_device *device;
    uint32_t frame_max;  ///< Bytes of a frame that isn't cut.

    uint32_t tx_taken;    ///< Descriptors that net_tx_next has looked at.
    uint32_t tx_done;     ///< Of them, those that the device is through with.
    uint32_t tx_skipped;  ///< The last ones of those taken, which are in no frame.
    uint32_t tx_last;     ///< Descriptors of the last frame, for net_tx_put_back.
    bool tx_ran_out;      ///< net_tx_next has found nothing.

    uint32_t free_taken;
    bool free_ran_out;   ///< net_buffer_next has found nothing.
    uint32_t num_held;   ///< Buffers that came from net_buffer_next and weren't given back.
    uint32_t most_held;  ///< What this has been at most.
    uint32_t rx_added;

    // What the server was not told of.
    bool tx_news;
    bool rx_news;
} self;

static uint32_t acquire(const uint32_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void release(uint32_t *counter, uint32_t value) {
    __atomic_store_n(counter, value, __ATOMIC_RELEASE);
}

static void store(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

void device_rings_open(const struct device_memory *memory, const struct net_device *device) {
    bzero(&self, sizeof(self));
    self.memory = *memory;
    self.device = device;
    self.frame_max = device->mtu + NET_HEADER_LEN;
}

/// Descriptors to be sent that we haven't looked at: 0 if the server says nonsense.
static uint32_t tx_available(void) {
    uint32_t available = acquire(&self.memory.rings->stack.tx) - self.tx_taken;
    return (available <= NET_TX_LEN - (self.tx_taken - self.tx_done)) ? available : 0;
}

/// Empty buffers that we haven't taken.
static uint32_t free_available(void) {
    uint32_t available = acquire(&self.memory.rings->stack.free) - self.free_taken;
    return (available <= NET_FREE_LEN) ? available : 0;
}

static void set_piece(struct net_piece *piece, uint32_t place, uint16_t len) {
    piece->paddr = self.memory.pool_paddr + place;
    piece->buf = self.memory.pool + place;
    piece->len = len;
}

static bool take_piece(struct net_frame *frame, const volatile struct net_desc *desc) {
    uint32_t place = desc->place;
    uint16_t len = desc->len;
    if (place >= self.memory.pool_len || len == 0 || place % NET_BUFFER_LEN + len > NET_BUFFER_LEN
        || frame->num_pieces >= self.device->max_pieces) {
        return false;
    }
    set_piece(&frame->pieces[frame->num_pieces], place, len);
    frame->num_pieces++;
    frame->len += len;
    return true;
}

/// What the device is to do with a frame, which its first descriptor says.
static void take_wishes(struct net_frame *frame, const volatile struct net_desc *desc,
                        uint16_t flags) {
    frame->num_pieces = 0;
    frame->len = 0;
    frame->flags = flags & (NET_DESC_TX_CHECKSUM | NET_DESC_TX_SEGMENT);
    if (frame->flags != 0) {
        frame->csum_start = desc->csum_start;
        frame->csum_offset = desc->csum_offset;
        frame->mss = desc->mss;
        frame->header_len = desc->header_len;
    }
}

/// Whether the checksum is in the first piece, which has all that is needed for the device to be told.
static bool checksum_is_valid(const struct net_frame *frame) {
    uint32_t end = (uint32_t) frame->csum_start + frame->csum_offset + sizeof(uint16_t);
    return (self.device->features & (NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_TX_SEGMENT6))
           && frame->csum_start >= NET_HEADER_LEN && end <= frame->pieces[0].len;
}

static bool segment_is_valid(const struct net_frame *frame) {
    return (self.device->features & (NET_TX_SEGMENT4 | NET_TX_SEGMENT6))
           && frame->header_len == frame->pieces[0].len && frame->len > frame->header_len
           && frame->len <= NET_FRAME_MAX && frame->mss > 0
           && (uint32_t) frame->header_len + frame->mss <= self.frame_max;
}

static bool frame_is_valid(const struct net_frame *frame) {
    if (frame->flags == 0) {
        return frame->len <= self.frame_max;
    }
    if (!checksum_is_valid(frame)) {
        return false;
    }
    return (frame->flags & NET_DESC_TX_SEGMENT) ? segment_is_valid(frame)
                                                : frame->len <= self.frame_max;
}

/// Looks at the next frame. Returns how many of the `available` descriptors, at least 1, it has; `valid` tells whether it
/// can be sent. One that doesn't end has all of them.
static uint32_t take_frame(struct net_frame *frame, uint32_t available, bool *valid) {
    *valid = true;
    for (uint32_t i = 0; i < available; i++) {
        const volatile struct net_desc *desc =
            &self.memory.rings->tx[(self.tx_taken + i) % NET_TX_LEN];
        uint16_t flags = desc->flags;
        if (i == 0) {
            take_wishes(frame, desc, flags);
        }
        *valid = *valid && take_piece(frame, desc);
        if (!(flags & NET_DESC_MORE)) {
            *valid = *valid && frame_is_valid(frame);
            return i + 1;
        }
    }
    *valid = false;
    return available;
}

/// If nothing but skipped descriptors is left, they are done.
static void finish_skipped(void) {
    if (self.tx_skipped > 0 && self.tx_taken - self.tx_done == self.tx_skipped) {
        self.tx_done = self.tx_taken;
        self.tx_skipped = 0;
        self.tx_news = true;
    }
}

bool net_tx_next(struct net_frame *frame) {
    // What is skipped isn't done yet: so this ends, however fast the server adds to it.
    uint32_t available = tx_available();
    while (available > 0) {
        bool valid;
        uint32_t num_descs = take_frame(frame, available, &valid);
        available -= num_descs;
        self.tx_taken += num_descs;
        self.tx_skipped += num_descs;
        if (valid) {
            frame->num_descs = self.tx_skipped;
            self.tx_last = self.tx_skipped;
            self.tx_skipped = 0;
            self.tx_ran_out = false;
            return true;
        }
    }
    self.tx_ran_out = true;
    finish_skipped();
    return false;
}

void net_tx_put_back(void) {
    self.tx_taken -= self.tx_last;
    self.tx_last = 0;
}

void net_tx_done(unsigned num_descs) {
    ASSERT(num_descs <= self.tx_taken - self.tx_done - self.tx_skipped);
    self.tx_done += num_descs;
    self.tx_news = self.tx_news || num_descs > 0;
    finish_skipped();
}

bool net_buffer_next(struct net_piece *buffer, uint32_t *place) {
    for (uint32_t available = free_available(); available > 0; available--) {
        const volatile uint32_t *entry = &self.memory.rings->free[self.free_taken % NET_FREE_LEN];
        *place = *entry;
        self.free_taken++;
        if (*place < self.memory.pool_len && *place % NET_BUFFER_LEN == 0) {
            set_piece(buffer, *place, NET_BUFFER_LEN);
            self.num_held++;
            self.most_held = MAX(self.most_held, self.num_held);
            self.free_ran_out = false;
            return true;
        }
    }
    self.free_ran_out = true;
    return false;
}

static void count_dropped(unsigned count) {
    // Nobody else writes it: what it was is only for people to see.
    uint32_t *dropped = &self.memory.rings->driver.rx_dropped;
    store(dropped, __atomic_load_n(dropped, __ATOMIC_RELAXED) + count);
}

void net_rx_add(uint32_t place, uint16_t len, uint16_t flags) {
    if (len == 0) {
        count_dropped(1);
    }
    self.num_held--;
    // There is room for each buffer that the server has given, unless it gives more than it should.
    if (self.rx_added - acquire(&self.memory.rings->stack.rx) >= NET_RX_LEN) {
        count_dropped(1);
        return;
    }
    volatile struct net_desc *desc = &self.memory.rings->rx[self.rx_added % NET_RX_LEN];
    desc->place = place;
    desc->len = len;
    desc->flags = flags;
    self.rx_added++;
    self.rx_news = true;
}

void net_rx_dropped(unsigned count) {
    count_dropped(count);
}

void device_rings_begin(void) {
    self.tx_ran_out = false;
    self.free_ran_out = false;
    store(&self.memory.rings->driver.waits, 0);
}

bool device_rings_end(void) {
    struct net_rings *rings = self.memory.rings;
    release(&rings->driver.free, self.free_taken);
    if (!self.tx_news && !self.rx_news) {
        return false;
    }
    release(&rings->driver.tx, self.tx_done);
    release(&rings->driver.rx, self.rx_added);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    unsigned news = (self.tx_news ? NET_WAITS_TX : 0) | (self.rx_news ? NET_WAITS_RX : 0);
    self.tx_news = false;
    self.rx_news = false;
    if (!(__atomic_load_n(&rings->stack.waits, __ATOMIC_RELAXED) & news)) {
        return false;
    }
    store(&rings->stack.waits, 0);
    return true;
}

bool device_rings_wait(void) {
    // Each buffer that comes back is no reason to wake up.
    bool wants_free = self.free_ran_out && self.num_held <= self.most_held / 2;
    store(&self.memory.rings->driver.waits, NET_WAITS_TX | (wants_free ? NET_WAITS_FREE : 0));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return !(self.tx_ran_out && tx_available() > 0) && !(wants_free && free_available() > 0);
}
