#include "player.h"

#include <resea/malloc.h>
#include <string.h>

#include "codec.h"
#include "controller.h"
#include "format.h"
#include "registers.h"
#include "stream.h"

/// The first codec with outputs. Others (a graphics card's, mostly) are left alone.
static struct codec codec;

static struct {
    unsigned percent;
    bool muted;
} volume = {.percent = 100};

/// Handles are numbered, so that an old one isn't good for a new stream.
static handle_t last_handle;

static struct {
    task_t client;  ///< 0: there is none.
    handle_t handle;
    /// The write that waits for room; NULL: none does.
    const uint8_t *frames;
    size_t len;
    size_t done;
    bool draining;  ///< A drain waits.
} player;

error_t player_init(void) {
    unsigned codecs = controller_codecs();
    error_t err = ERR_NOT_FOUND;
    for (unsigned address = 0; address < HDA_CODECS_MAX && IS_ERROR(err); address++) {
        if (codecs & (1u << address)) {
            err = codec_init(&codec, address);
        }
    }
    return IS_OK(err) ? stream_init() : err;
}

/// What of the volume has to be done to the samples, because the codec can't.
static unsigned scaling(void) {
    if (codec_has_volume(&codec)) {
        return 100;
    }
    return volume.muted ? 0 : volume.percent;
}

error_t player_open(task_t client, uint32_t *rate, handle_t *handle) {
    if (player.client) {
        return ERR_IN_USE;
    }
    uint32_t chosen = format_choose_rate(codec.rates, *rate);
    uint16_t format = format_of_rate(chosen);
    error_t err = stream_open(format);
    if (IS_OK(err)) {
        err = codec_connect(&codec, STREAM_TAG, format);
    }
    if (IS_OK(err)) {
        err = codec_set_volume(&codec, volume.percent, volume.muted);
    }
    if (IS_OK(err)) {
        last_handle = (last_handle == INT32_MAX) ? 1 : last_handle + 1;
        player.client = client;
        player.handle = *handle = last_handle;
        *rate = chosen;
    }
    return err;
}

static bool is_open(task_t client, handle_t handle) {
    return player.client != 0 && player.client == client && player.handle == handle;
}

/// Copies what there is room for; true: all is copied.
static bool copy_some(void) {
    player.done += stream_write(player.frames + player.done, player.len - player.done, scaling());
    return player.done == player.len;
}

static void forget_write(void) {
    free((void *) player.frames);
    player.frames = NULL;
}

error_t player_write(task_t client, handle_t handle, const void **frames, size_t len) {
    if (!is_open(client, handle)) {
        return ERR_NOT_FOUND;
    }
    if (len % 4 != 0 || player.frames || player.draining) {
        return ERR_INVALID_ARG;
    }
    player.frames = *frames;
    player.len = len;
    player.done = 0;
    stream_update(false);
    if (len == 0 || copy_some()) {
        player.frames = NULL;
        return OK;
    }
    *frames = NULL;
    if (!stream_runs()) {
        stream_start();
    }
    return DONT_REPLY;
}

error_t player_drain(task_t client, handle_t handle) {
    if (!is_open(client, handle)) {
        return ERR_NOT_FOUND;
    }
    if (player.frames || player.draining) {
        return ERR_INVALID_ARG;
    }
    if (stream_ahead() == 0 && !stream_runs()) {
        return OK;
    }
    player.draining = true;
    if (!stream_runs()) {
        stream_start();
    }
    return DONT_REPLY;
}

void player_forget(task_t client) {
    if (player.client && player.client == client) {
        stream_stop();
        forget_write();
        bzero(&player, sizeof(player));
    }
}

error_t player_close(task_t client, handle_t handle) {
    if (!is_open(client, handle)) {
        return ERR_NOT_FOUND;
    }
    player_forget(client);
    return OK;
}

error_t player_position(task_t client, handle_t handle, struct player_position *position) {
    if (!is_open(client, handle)) {
        return ERR_NOT_FOUND;
    }
    stream_update(player.draining);
    position->played = stream_played() / 4;
    position->underruns = stream_underruns();
    return OK;
}

void player_get_volume(unsigned *percent, bool *muted) {
    *percent = volume.percent;
    *muted = volume.muted;
}

error_t player_set_volume(unsigned percent, bool muted) {
    if (percent > 100) {
        return ERR_INVALID_ARG;
    }
    volume.percent = percent;
    volume.muted = muted;
    return codec_set_volume(&codec, percent, muted);
}

static void go_on_writing(void) {
    if (copy_some()) {
        forget_write();
        player_reply(player.client, false, OK);
    }
}

static void end_drain(void) {
    stream_stop();
    player.draining = false;
    stream_settle();
    player_reply(player.client, true, OK);
}

void player_interrupt(void) {
    stream_update(player.draining);
    if (player.frames) {
        go_on_writing();
    } else if (player.draining && stream_is_over()) {
        end_drain();
    }
}

task_t player_client(void) {
    return player.client;
}
