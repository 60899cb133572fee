#include "card.h"

#include <resea/printf.h>
#include <resea/timer.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../../../../../libs/net/src/device_rings.h"
#include "../../../../../libs/virtio/tests/fake_dma.h"
#include "../driver.h"

#define QUEUE_RX 0
#define QUEUE_TX 1

struct net_device card_device;
struct net_port *card_port;
uint8_t card_pool[CARD_BUFFERS * NET_BUFFER_LEN] __aligned(NET_BUFFER_LEN);
unsigned card_link_changes;
bool card_timer_runs;

static struct net_rings rings;
static struct ring_device queues[PCI_DEVICE_QUEUES];
static unsigned next_buffer;
static unsigned interrupts_seen;
static unsigned header_len;
static bool is_started;
/// What descriptors come back as.
static char token;
static jmp_buf panic_point;
static bool panic_is_expected;

void log_panic(const char *fmt, ...) {
    if (!panic_is_expected) {
        TEST_EXPECT_STR_EQ(fmt, NULL);
        abort();
    }
    longjmp(panic_point, 1);
}

bool card_panics(void (*what)(void)) {
    volatile bool panicked = true;
    panic_is_expected = true;
    if (setjmp(panic_point) == 0) {
        what();
        panicked = false;
    }
    panic_is_expected = false;
    return panicked;
}

void net_device_link_changed(struct net_device *device) {
    TEST_EXPECT_EQ(device, &card_device);
    card_link_changes++;
}

error_t timer_set(msec_t timeout) {
    TEST_EXPECT_GT(timeout, 0);
    card_timer_runs = true;
    return OK;
}

void card_config(unsigned offset, size_t size, uint32_t value) {
    memcpy(&pci_device.config[offset], &value, size);
}

void card_init(bool modern, uint64_t features) {
    pci_device_init(modern, WITH_MSIX);
    pci_device.device_id = 0x1000;
    pci_device.features |= features;
    for (unsigned i = 0; i < PCI_DEVICE_QUEUES; i++) {
        pci_device.queues[i].size = 256;
    }
    card_config(0, 4, 0x56341202);
    card_config(4, 2, 0x9a78);
    card_config(6, 2, 1);
    card_config(10, 2, CARD_MTU);
    card_config(12, 4, 10000);
    card_link_changes = 0;
    is_started = false;
    card_timer_runs = false;
    header_len = (modern || (features & BIT(15))) ? 12 : 10;
}

static void find_queues(void) {
    bool events = pci_device.driver_features & BIT(29);
    for (unsigned i = 0; i < PCI_DEVICE_QUEUES; i++) {
        uint64_t start = pci_device.modern ? pci_device.queues[i].descs
                                           : (uint64_t) pci_device.queues[i].page * 4096;
        ring_device_init(&queues[i], fake_dma_host(start), pci_device.queues[i].size, events);
    }
    interrupts_seen = 0;
}

error_t card_open(void) {
    card_device = (struct net_device){.name = "virtio"};
    return driver_init(&card_device);
}

static void attach(unsigned num_buffers) {
    memset(&rings, 0, sizeof(rings));
    memset(card_pool, 0, sizeof(card_pool));
    next_buffer = 0;
    card_port = net_port_new(&rings, CARD_BUFFERS);
    const struct device_memory memory = {
        .rings = &rings,
        .pool = card_pool,
        .pool_paddr = (paddr_t) card_pool,
        .pool_len = sizeof(card_pool),
    };
    device_rings_open(&memory, &card_device);
    card_give(num_buffers);
    TEST_EXPECT_EQ(driver.start(&card_device), OK);
    is_started = true;
    find_queues();
    TEST_EXPECT(!card_work());
}

void card_begin_with(unsigned num_buffers) {
    TEST_EXPECT_EQ(card_open(), OK);
    attach(num_buffers);
}

void card_begin(bool modern, uint64_t features, unsigned num_buffers) {
    card_init(modern, features);
    card_begin_with(num_buffers);
}

static void forget_buffer(void *context __unused, unsigned buffer __unused) {}
static void forget_token(void *context __unused, void *forgotten __unused) {}

static void detach(void) {
    // The driver knows that its timer runs, from test to test.
    if (card_timer_runs) {
        card_timer_runs = false;
        driver.timer(&card_device);
    }
    driver.stop(&card_device);
    TEST_EXPECT_EQ(pci_device.status, 0);
    TEST_EXPECT(!pci_device.attached);
    if (is_started) {
        net_port_free(card_port, forget_buffer, forget_token, NULL);
        is_started = false;
    }
}

void card_restart(void) {
    detach();
    attach(16);
}

void card_end(void) {
    detach();
    TEST_EXPECT_EQ(pci_device.windows, 0);
    // The driver keeps its headers as long as it runs: the next test's has its own.
    fake_dma_free_all();
}

void card_give(unsigned wanted) {
    for (unsigned i = net_port_wants(card_port, wanted); i > 0; i--) {
        net_port_give(card_port, next_buffer);
        next_buffer = (next_buffer + 1) % (CARD_BUFFERS / 2);
    }
}

unsigned card_rx_interrupts(void) {
    return queues[QUEUE_RX].num_interrupts;
}

unsigned card_tx_interrupts(void) {
    return queues[QUEUE_TX].num_interrupts;
}

bool card_interrupts(void) {
    return card_rx_interrupts() + card_tx_interrupts() != interrupts_seen || pci_device.isr != 0;
}

bool card_work(void) {
    card_device.interrupted = card_interrupts();
    interrupts_seen = card_rx_interrupts() + card_tx_interrupts();
    pci_device.isr = 0;
    device_rings_begin();
    bool again = driver.work(&card_device);
    (void) device_rings_end();
    return again;
}

void card_tick(void) {
    TEST_EXPECT(card_timer_runs);
    card_timer_runs = false;
    driver.timer(&card_device);
    (void) card_work();
}

bool card_fill(const void *bytes, size_t len, uint32_t says) {
    static struct ring_request request;
    if (!ring_device_get(&queues[QUEUE_RX], &request)) {
        return false;
    }
    TEST_EXPECT_EQ(request.num_out, 0);
    // A legacy device that expects the header alone writes it there.
    TEST_EXPECT_EQ(request.num_in, (pci_device.features & (BIT(27) | BIT(32))) ? 1 : 2);
    uint32_t room = 0;
    for (unsigned i = 0; i < request.num_in; i++) {
        TEST_EXPECT_EQ(request.pieces[i].data, request.pieces[0].data + room);
        TEST_EXPECT(request.num_in == 1 || i > 0 || request.pieces[i].len == header_len);
        room += request.pieces[i].len;
    }
    TEST_EXPECT_EQ(room, NET_BUFFER_LEN);
    TEST_EXPECT_LE(len, room);
    memcpy(request.pieces[0].data, bytes, len);
    ring_device_put(&queues[QUEUE_RX], request.head, says);
    return true;
}

bool card_receive(const struct card_header *header, const void *frame, size_t len) {
    static uint8_t bytes[70000];
    struct card_header complete = *header;
    size_t total = header_len + len;
    if (header_len == sizeof(complete)) {
        complete.num_buffers = (uint16_t) ((total + NET_BUFFER_LEN - 1) / NET_BUFFER_LEN);
    }
    memcpy(bytes, &complete, header_len);
    memcpy(&bytes[header_len], frame, len);
    for (size_t offset = 0; offset < total; offset += NET_BUFFER_LEN) {
        size_t part = MIN(total - offset, NET_BUFFER_LEN);
        if (!card_fill(&bytes[offset], part, (uint32_t) part)) {
            return false;
        }
    }
    return true;
}

void card_send(const struct net_desc *like, unsigned first, const uint16_t *lens,
               unsigned num_pieces) {
    struct net_desc descs[NET_PIECES_MAX];
    void *tokens[NET_PIECES_MAX];
    for (unsigned i = 0; i < num_pieces; i++) {
        descs[i] = (i == 0) ? *like : (struct net_desc){.flags = 0};
        descs[i].place = (first + i) * NET_BUFFER_LEN;
        descs[i].len = lens[i];
        tokens[i] = &token;
    }
    TEST_EXPECT(net_port_has_room(card_port, num_pieces));
    net_port_send(card_port, descs, tokens, num_pieces);
}

struct card_frame *card_sent(void) {
    static struct card_frame frame;
    static struct ring_request request;
    if (!ring_device_get(&queues[QUEUE_TX], &request)) {
        return NULL;
    }
    TEST_EXPECT_EQ(request.num_in, 0);
    TEST_EXPECT_GE(request.num_out, 2);
    TEST_EXPECT_EQ(request.pieces[0].len, header_len);
    memcpy(&frame.header, fake_dma_host((uintptr_t) request.pieces[0].data), header_len);
    frame.head = request.head;
    frame.num_pieces = request.num_out - 1;
    frame.len = 0;
    for (unsigned i = 1; i < request.num_out; i++) {
        TEST_EXPECT_LE(frame.len + request.pieces[i].len, sizeof(frame.bytes));
        memcpy(&frame.bytes[frame.len], request.pieces[i].data, request.pieces[i].len);
        frame.len += request.pieces[i].len;
    }
    return &frame;
}

void card_finish(uint16_t head) {
    ring_device_put(&queues[QUEUE_TX], head, 0);
}

unsigned card_done(void) {
    unsigned count = 0;
    while (net_port_sent(card_port) != NULL) {
        count++;
    }
    return count;
}

uint16_t *card_used_index(unsigned queue) {
    return ring_device_used_index(&queues[queue]);
}
