#include "stream.h"

#include <driver/dma.h>
#include <string.h>

#include "controller.h"
#include "registers.h"

#define FRAME_LEN 4

static dma_t circle;
static dma_t list;

static struct {
    uint64_t position;  ///< Up to where the controller has played.
    uint64_t end;       ///< Up to where there are samples.
    uint64_t begin;     ///< From where there are samples, without a gap up to the end.
    uint64_t before;    ///< How many were played before that, without the gaps.
    uint32_t hardware;  ///< Where in the circle the controller was last seen.
    uint32_t underruns;
    bool starved;  ///< Nothing was written since the last underrun.
    bool runs;
} stream;

/// The list of buffers is aligned to a page, which is more than needed.
static void fill_list(void) {
    struct hda_buffer *buffers = (void *) dma_buf(list);
    for (unsigned i = 0; i < STREAM_PERIODS; i++) {
        buffers[i].daddr = dma_daddr(circle) + (uint64_t) i * STREAM_PERIOD;
        buffers[i].len = STREAM_PERIOD;
        buffers[i].flags = HDA_BUFFER_IRQ;
    }
    dma_flush_write(list);
}

error_t stream_init(void) {
    circle = dma_alloc(STREAM_LEN, DMA_ALLOC_TO_DEV);
    list = dma_alloc(STREAM_PERIODS * sizeof(struct hda_buffer), DMA_ALLOC_TO_DEV);
    if (circle == NULL || list == NULL) {
        return ERR_NO_MEMORY;
    }
    if (!controller_can_reach(dma_daddr(circle) + STREAM_LEN - 1)
        || !controller_can_reach(dma_daddr(list))) {
        return ERR_NOT_ACCEPTABLE;
    }
    fill_list();
    return OK;
}

error_t stream_open(uint16_t format) {
    bzero(&stream, sizeof(stream));
    bzero(dma_buf(circle), STREAM_LEN);
    dma_flush_write(circle);
    return controller_set_up_stream(dma_daddr(list), STREAM_PERIODS, STREAM_LEN, format);
}

static int16_t scale(int16_t sample, unsigned percent) {
    return (int16_t) (sample * (int) percent / 100);
}

/// Copies to a place in the circle from where there is room up to its end.
static void copy_frames(uint8_t *to, const uint8_t *from, size_t len, unsigned percent) {
    if (percent == 100) {
        memcpy(to, from, len);
        return;
    }
    for (size_t i = 0; i < len; i += 2) {
        int16_t sample = (int16_t) (from[i] | (from[i + 1] << 8));
        uint16_t scaled = (uint16_t) scale(sample, percent);
        to[i] = (uint8_t) scaled;
        to[i + 1] = (uint8_t) (scaled >> 8);
    }
}

size_t stream_write(const uint8_t *frames, size_t len, unsigned percent) {
    size_t room = STREAM_LEN - STREAM_AHEAD - (size_t) (stream.end - stream.position);
    size_t todo = MIN(len, room) / FRAME_LEN * FRAME_LEN;
    for (size_t done = 0; done < todo;) {
        size_t place = (size_t) (stream.end % STREAM_LEN);
        size_t piece = MIN(todo - done, STREAM_LEN - place);
        copy_frames(dma_buf(circle) + place, frames + done, piece, percent);
        done += piece;
        stream.end += piece;
    }
    dma_flush_write(circle);
    stream.starved = stream.starved && todo == 0;
    return todo;
}

void stream_start(void) {
    stream.runs = true;
    controller_run_stream(true);
}

void stream_stop(void) {
    stream.runs = false;
    controller_run_stream(false);
}

bool stream_runs(void) {
    return stream.runs;
}

/// What has been played becomes silence.
static void silence(uint64_t from, size_t len) {
    while (len > 0) {
        size_t place = (size_t) (from % STREAM_LEN);
        size_t piece = MIN(len, STREAM_LEN - place);
        bzero(dma_buf(circle) + place, piece);
        from += piece;
        len -= piece;
    }
    dma_flush_write(circle);
}

void stream_settle(void) {
    if (stream.position + STREAM_AHEAD > stream.end) {
        stream.before += stream.end - stream.begin;
        stream.begin = stream.end = (stream.position + STREAM_AHEAD) / FRAME_LEN * FRAME_LEN;
    }
}

/// The controller has run out of samples: those that come will be heard once they are ahead of it.
static void starve(void) {
    stream.underruns += !stream.starved;
    stream.starved = true;
    stream_settle();
}

void stream_update(bool ending) {
    if (!stream.runs) {
        return;
    }
    uint32_t hardware = controller_stream_position() % STREAM_LEN;
    uint32_t moved = (hardware + STREAM_LEN - stream.hardware) % STREAM_LEN;
    silence(stream.position, moved);
    stream.hardware = hardware;
    stream.position += moved;
    if (!ending && stream.position > stream.end) {
        starve();
    }
}

bool stream_is_over(void) {
    return stream.position >= stream.end + STREAM_TAIL;
}

size_t stream_ahead(void) {
    return (stream.end > stream.position) ? (size_t) (stream.end - stream.position) : 0;
}

uint64_t stream_played(void) {
    uint64_t heard = MIN(stream.position, stream.end);
    return stream.before + ((heard > stream.begin) ? heard - stream.begin : 0);
}

uint32_t stream_underruns(void) {
    return stream.underruns;
}
