#include <driver/dma.h>
#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>
#include <virtio/virtio.h>

// The entropy device ("Virtual I/O Device (VIRTIO) Version 1.2", 5.4): it fills what it gets with
// random bytes. How good they are only the host knows; we believe that all of their bits are
// random.

#define QUEUE 0
/// Until `random` is there to be asked again, if it has ended.
#define RETRY_MS 100

static virtio_t device;
static virtq_t queue;
static dma_t buffer;
static task_t random_server;

/// Ends the driver if there is no device for it.
static void open_device(void) {
    error_t err = virtio_open(VIRTIO_TYPE_ENTROPY, 0, &device);
    if (err == ERR_NOT_FOUND || err == ERR_IN_USE) {
        DEBUG("there is no (further) virtio entropy device");
        task_exit();
    }
    ASSERT_OK(err);
    static const struct virtio_queue_options options = {.max_size = 1};
    ASSERT_OK(virtio_queue(device, QUEUE, &options, &queue));
    buffer = dma_alloc(ENTROPY_BYTES_MAX, DMA_ALLOC_FROM_DEV);
    ASSERT(buffer != NULL);
    virtio_start(device);
}

static void request(void) {
    struct virtq_piece piece = {.addr = dma_daddr(buffer), .len = ENTROPY_BYTES_MAX};
    ASSERT_OK(virtq_add(queue, &piece, 0, 1, buffer));
    virtq_kick(queue);
}

static void give(uint32_t len) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = ENTROPY_GIVE_MSG;
    m.entropy_give.bits = len * 8;
    m.entropy_give.data = dma_buf(buffer);
    m.entropy_give.data_len = len;
    error_t err = ipc_call_service("entropy", &random_server, &m);
    OOPS_OK(timer_set((err == OK) ? (msec_t) m.entropy_give_reply.next_ms : RETRY_MS));
    // What was given away isn't kept.
    bzero(dma_buf(buffer), ENTROPY_BYTES_MAX);
    dma_flush_write(buffer);
}

static void handle_interrupt(void) {
    virtio_acknowledge(device);
    uint32_t len;
    do {
        while (virtq_take(queue, &len) != NULL) {
            dma_flush_read(buffer);
            give(len);
        }
    } while (!virtq_interrupt_after(queue, 1));
    if (virtq_is_broken(queue) || virtio_needs_reset(device)) {
        PANIC("the device breaks the rules of its queue");
    }
}

void main(void) {
    open_device();
    (void) virtq_interrupt_after(queue, 1);
    request();

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
            continue;
        }
        if (m.notifications.data & NOTIFY_IRQ) {
            handle_interrupt();
        }
        if ((m.notifications.data & NOTIFY_TIMER) && virtq_num_under_way(queue) == 0) {
            request();
        }
    }
}
