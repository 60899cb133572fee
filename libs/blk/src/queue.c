#include "queue.h"

#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

static const struct blk_driver *driver;

error_t queue_init(struct blk_queue *queue, const struct blk_driver *queue_driver) {
    driver = queue_driver;
    list_init(&queue->free_ops);
    list_init(&queue->waiting);
    queue->running = false;
    queue->ops = malloc(queue->depth * sizeof(*queue->ops));
    if (queue->ops == NULL) {
        return ERR_NO_MEMORY;
    }
    memset(queue->ops, 0, queue->depth * sizeof(*queue->ops));
    for (unsigned i = 0; i < queue->depth; i++) {
        queue->ops[i].number = i;
        list_push_back(&queue->free_ops, &queue->ops[i].next);
    }
    return OK;
}

size_t blk_piece_len(const struct blk_op *op, unsigned piece) {
    return (size_t) op->segments[piece].count * op->disk->sector_size;
}

paddr_t blk_piece_paddr(const struct blk_op *op, unsigned piece) {
    return op->paddr + op->segments[piece].place;
}

uint8_t *blk_piece_buf(const struct blk_op *op, unsigned piece) {
    return op->buf + op->segments[piece].place;
}

/// Takes the first sectors of a segment that is too long.
static void take_part(struct blk_op *op, struct blk_segment *segment, uint32_t count) {
    op->part = (struct blk_segment){segment->sector, count, segment->place};
    op->segments = &op->part;
    op->num_pieces = 1;
    op->sector = segment->sector;
    op->count = count;
    segment->sector += count;
    segment->count -= count;
    segment->place += count * op->disk->sector_size;
}

/// Takes whole segments, as long as each begins where the last one ends.
static void take_segments(struct blk_op *op, struct blk_request *request) {
    const struct blk_disk *disk = request->disk;
    const struct blk_segment *first = &request->segments[request->next_segment];
    unsigned left = request->num_segments - request->next_segment;
    op->segments = first;
    op->sector = first->sector;
    op->count = first->count;
    op->num_pieces = 1;
    while (op->num_pieces < MIN(left, disk->max_pieces)) {
        const struct blk_segment *segment = &first[op->num_pieces];
        if (segment->sector != op->sector + op->count
            || segment->count > disk->max_sectors - op->count) {
            break;
        }
        op->count += segment->count;
        op->num_pieces++;
    }
    request->next_segment += op->num_pieces;
}

/// Makes the request's next operation, and notes whether it is the phase's last one.
static void fill_op(struct blk_op *op, struct blk_request *request) {
    op->request = request;
    op->disk = request->disk;
    op->paddr = request->paddr;
    op->buf = request->buf;
    if (request->phase != PHASE_MOVE) {
        op->kind = BLK_OP_FLUSH;
        op->sector = 0;
        op->count = 0;
        op->num_pieces = 0;
        request->submitted = true;
        return;
    }
    op->kind = (request->flags & BLK_WRITE) ? BLK_OP_WRITE : BLK_OP_READ;
    struct blk_segment *segment = &request->segments[request->next_segment];
    if (segment->count > request->disk->max_sectors) {
        take_part(op, segment, request->disk->max_sectors);
    } else {
        take_segments(op, request);
    }
    request->submitted = request->next_segment == request->num_segments;
}

/// Whether there is something to do in a phase.
static bool needs_phase(const struct blk_request *request, enum request_phase phase) {
    bool flushes = request->disk->needs_flush;
    switch (phase) {
    case PHASE_FLUSH_BEFORE:
        return flushes && (request->flags & BLK_FLUSH_BEFORE);
    case PHASE_MOVE:
        return request->num_segments > 0;
    case PHASE_FLUSH_AFTER:
        return flushes && (request->flags & BLK_FLUSH_AFTER);
    default:
        return true;
    }
}

/// Begins the first phase from `phase` on in which there is something to do, or ends the request.
static void begin_phase(struct blk_request *request, enum request_phase phase) {
    while (!needs_phase(request, phase)) {
        phase++;
    }
    request->phase = phase;
    request->submitted = false;
    if (phase == PHASE_END) {
        request->done(request, request->err);
    } else {
        list_push_back(&request->disk->queue->waiting, &request->next);
    }
}

/// Submits the next operation of the request that has waited longest. More of the same comes after what others have.
static void submit_one(struct blk_queue *queue) {
    struct blk_op *op = LIST_POP_FRONT(&queue->free_ops, struct blk_op, next);
    struct blk_request *request = LIST_POP_FRONT(&queue->waiting, struct blk_request, next);
    fill_op(op, request);
    request->in_flight++;
    if (!request->submitted) {
        list_push_back(&queue->waiting, &request->next);
    }
    // The request may be done with this, and the op be somebody else's.
    driver->submit(op);
}

/// Submits what can be. An operation may be complete at once: then what comes next is done here, not in a call inside a
/// call inside a call.
static void run(struct blk_queue *queue) {
    if (queue->running) {
        return;
    }
    queue->running = true;
    while (!list_is_empty(&queue->waiting) && !list_is_empty(&queue->free_ops)) {
        submit_one(queue);
    }
    queue->running = false;
}

void request_start(struct blk_request *request) {
    struct blk_queue *queue = request->disk->queue;
    request->next_segment = 0;
    request->in_flight = 0;
    request->err = OK;
    begin_phase(request, PHASE_FLUSH_BEFORE);
    run(queue);
}

/// What hasn't been submitted of a request that has failed never is.
static void stop(struct blk_request *request) {
    request->err = ERR_IO;
    if (list_is_linked(&request->next)) {
        list_remove(&request->next);
        request->submitted = true;
    }
}

void blk_server_complete(struct blk_op *op, error_t err) {
    struct blk_request *request = op->request;
    struct blk_queue *queue = op->disk->queue;
    op->request = NULL;
    list_push_back(&queue->free_ops, &op->next);

    request->in_flight--;
    if (IS_ERROR(err)) {
        stop(request);
    }
    if (request->in_flight == 0 && request->submitted) {
        begin_phase(request, IS_ERROR(request->err) ? PHASE_END : request->phase + 1);
    }
    run(queue);
}
