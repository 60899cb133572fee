#include <bitmap.h>
#include <net/port.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

/// What only we write; the driver can't reach it.
struct net_port {
    struct net_rings *rings;
    size_t num_buffers;
    uint32_t tx_added;
    uint32_t tx_sent;  ///< Of them, those whose token was taken.
    uint32_t free_added;
    uint32_t rx_taken;
    uint32_t tx_limit;
    unsigned num_given;  ///< Buffers that the driver has.
    bool no_room;        ///< Somebody wants to send and can't.
    unsigned news;       ///< NET_WAITS_*: what there is that the driver may have to be woken for.
    void *tokens[NET_TX_LEN];
    uint32_t given[];  ///< A bit for each buffer of the pool: the driver has it.
};

static uint32_t acquire(const uint32_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void release(uint32_t *counter, uint32_t value) {
    __atomic_store_n(counter, value, __ATOMIC_RELEASE);
}

static void store(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

struct net_port *net_port_new(struct net_rings *rings, size_t num_buffers) {
    size_t size = sizeof(struct net_port) + BITMAP_WORDS(num_buffers) * sizeof(uint32_t);
    struct net_port *port = malloc(size);
    if (port != NULL) {
        bzero(port, size);
        port->rings = rings;
        port->num_buffers = num_buffers;
        port->tx_limit = NET_TX_LEN;
    }
    return port;
}

void net_port_free(struct net_port *port, void (*give_back)(void *context, unsigned buffer),
                   void (*sent)(void *context, void *token), void *context) {
    for (; port->tx_sent != port->tx_added; port->tx_sent++) {
        void *token = port->tokens[port->tx_sent % NET_TX_LEN];
        if (token != NULL) {
            sent(context, token);
        }
    }
    for (unsigned buffer = 0; buffer < port->num_buffers; buffer++) {
        if (bitmap_get(port->given, buffer)) {
            give_back(context, buffer);
        }
    }
    free(port);
}

static uint32_t tx_under_way(const struct net_port *port) {
    return port->tx_added - port->tx_sent;
}

/// Descriptors that the driver says it is through with: 0 if it says nonsense.
static uint32_t tx_done(const struct net_port *port) {
    uint32_t done = acquire(&port->rings->driver.tx) - port->tx_sent;
    return (done <= tx_under_way(port)) ? done : 0;
}

/// Received descriptors that we haven't taken.
static uint32_t rx_available(const struct net_port *port) {
    uint32_t available = acquire(&port->rings->driver.rx) - port->rx_taken;
    return (available <= NET_RX_LEN) ? available : 0;
}

void net_port_limit(struct net_port *port, unsigned num_descs) {
    port->tx_limit = MIN(num_descs, NET_TX_LEN);
}

bool net_port_has_room(struct net_port *port, unsigned num_pieces) {
    uint32_t under_way = tx_under_way(port);
    // Where nothing is under way there is always room for a frame.
    bool has_room =
        under_way + num_pieces <= port->tx_limit || (under_way == 0 && num_pieces <= NET_TX_LEN);
    // Who was told no waits until something is sent, whoever is told yes meanwhile.
    port->no_room = port->no_room || !has_room;
    return has_room;
}

void net_port_send(struct net_port *port, const struct net_desc *descs, void *const *tokens,
                   unsigned num_descs) {
    ASSERT(num_descs <= NET_TX_LEN - tx_under_way(port));
    for (unsigned i = 0; i < num_descs; i++) {
        uint32_t index = (port->tx_added + i) % NET_TX_LEN;
        struct net_desc *desc = &port->rings->tx[index];
        *desc = descs[i];
        desc->flags = (uint16_t) (descs[i].flags & ~NET_DESC_MORE);
        if (i + 1 < num_descs) {
            desc->flags |= NET_DESC_MORE;
        }
        port->tokens[index] = tokens[i];
    }
    port->tx_added += num_descs;
    release(&port->rings->stack.tx, port->tx_added);
    port->news |= NET_WAITS_TX;
}

void *net_port_sent(struct net_port *port) {
    for (uint32_t done = tx_done(port); done > 0; done--) {
        void *token = port->tokens[port->tx_sent % NET_TX_LEN];
        port->tx_sent++;
        port->no_room = false;
        if (token != NULL) {
            return token;
        }
    }
    return NULL;
}

unsigned net_port_wants(const struct net_port *port, unsigned wanted) {
    // What the driver has it can give back at any time: there must be room for that, too.
    wanted = MIN(wanted, NET_RX_LEN);
    uint32_t in_ring = port->free_added - acquire(&port->rings->driver.free);
    if (in_ring > NET_FREE_LEN || port->num_given >= wanted) {
        return 0;
    }
    return MIN(wanted - port->num_given, NET_FREE_LEN - in_ring);
}

void net_port_give(struct net_port *port, unsigned buffer) {
    ASSERT(buffer < port->num_buffers && !bitmap_get(port->given, buffer));
    bitmap_set(port->given, buffer);
    port->num_given++;
    port->rings->free[port->free_added % NET_FREE_LEN] = buffer * NET_BUFFER_LEN;
    port->free_added++;
    release(&port->rings->stack.free, port->free_added);
    port->news |= NET_WAITS_FREE;
}

/// Takes a buffer back from the driver. False: it hasn't got it.
static bool take_back(struct net_port *port, uint32_t buffer) {
    if (buffer >= port->num_buffers || !bitmap_get(port->given, buffer)) {
        return false;
    }
    bitmap_clear(port->given, buffer);
    port->num_given--;
    return true;
}

bool net_port_receive(struct net_port *port, struct net_received *received) {
    bool found = false;
    // As many as there were when we came: this ends, however fast the driver adds nonsense.
    for (uint32_t available = rx_available(port); available > 0 && !found; available--) {
        const volatile struct net_desc *desc = &port->rings->rx[port->rx_taken % NET_RX_LEN];
        uint32_t place = desc->place;
        received->len = desc->len;
        received->flags = desc->flags;
        received->buffer = place / NET_BUFFER_LEN;
        received->offset = (uint16_t) (place % NET_BUFFER_LEN);
        port->rx_taken++;
        release(&port->rings->stack.rx, port->rx_taken);
        found = take_back(port, received->buffer);
    }
    if (found && received->offset + received->len > NET_BUFFER_LEN) {
        received->len = 0;
    }
    return found;
}

uint32_t net_port_dropped(const struct net_port *port) {
    return __atomic_load_n(&port->rings->driver.rx_dropped, __ATOMIC_RELAXED);
}

bool net_port_kick(struct net_port *port) {
    unsigned news = port->news;
    if (news == 0) {
        return false;
    }
    port->news = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t *waits = &port->rings->driver.waits;
    if (!(__atomic_load_n(waits, __ATOMIC_RELAXED) & news)) {
        return false;
    }
    store(waits, 0);
    return true;
}

bool net_port_wait(struct net_port *port) {
    bool wants_tx = port->no_room || tx_under_way(port) >= NET_PORT_TX_ENOUGH;
    store(&port->rings->stack.waits, NET_WAITS_RX | (wants_tx ? NET_WAITS_TX : 0));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return rx_available(port) == 0 && !(wants_tx && tx_done(port) > 0);
}
