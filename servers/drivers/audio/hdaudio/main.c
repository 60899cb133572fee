#include <driver/pci.h>
#include <idl_client.h>
#include <idl_server.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "controller.h"
#include "player.h"
#include "registers.h"
#include "stream.h"

static error_t open(task_t client, struct audio_open_fields *request,
                    struct audio_open_reply_fields *reply) {
    if (request->rate < AUDIO_RATE_MIN || request->rate > AUDIO_RATE_MAX) {
        return ERR_INVALID_ARG;
    }
    reply->rate = request->rate;
    reply->buffer_len = STREAM_LEN;
    error_t err = player_open(client, &reply->rate, &reply->handle);
    if (IS_OK(err)) {
        // A stream ends with its client.
        err = call_task_watch(INIT_TASK, client);
        if (IS_ERROR(err)) {
            player_forget(client);
        }
    }
    return err;
}

static error_t write(task_t client, struct audio_write_fields *request) {
    return player_write(client, request->handle, &request->frames, request->frames_len);
}

static error_t drain(task_t client, struct audio_drain_fields *request) {
    return player_drain(client, request->handle);
}

static error_t close(task_t client, struct audio_close_fields *request) {
    error_t err = player_close(client, request->handle);
    if (IS_OK(err)) {
        OOPS_OK(call_task_unwatch(INIT_TASK, client));
    }
    return err;
}

static error_t position(task_t client, struct audio_position_fields *request,
                        struct audio_position_reply_fields *reply) {
    struct player_position now;
    error_t err = player_position(client, request->handle, &now);
    if (IS_OK(err)) {
        reply->played = now.played;
        reply->underruns = now.underruns;
    }
    return err;
}

static error_t volume(task_t client __unused, struct audio_volume_reply_fields *reply) {
    player_get_volume(&reply->percent, &reply->muted);
    return OK;
}

static error_t set_volume(task_t client __unused, struct audio_set_volume_fields *request) {
    return player_set_volume(request->percent, request->muted);
}

static const struct audio_ops ops = {
    .open = open,
    .write = write,
    .drain = drain,
    .close = close,
    .position = position,
    .volume = volume,
    .set_volume = set_volume,
};

void player_reply(task_t client, bool drained, error_t err) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = IS_ERROR(err) ? err : drained ? AUDIO_DRAIN_REPLY_MSG : AUDIO_WRITE_REPLY_MSG;
    ipc_reply(client, &m);
}

static void handle_notifications(notifications_t notifications) {
    if ((notifications & NOTIFY_IRQ) && controller_handle_interrupt()) {
        player_interrupt();
    }
    if (notifications & NOTIFY_ASYNC) {
        async_take_exits(player_forget);
    }
}

/// Takes the controller; without one, or without anything to hear, there is nothing to do.
static void init(void) {
    struct pci pci;
    error_t err = pci_attach_class(HDA_PCI_CLASS, HDA_PCI_SUBCLASS, PCI_ANY_INTERFACE, &pci);
    if (err == ERR_NOT_FOUND) {
        DEBUG("there is no HD Audio controller");
        task_exit();
    }
    ASSERT_OK(err);
    io_t registers;
    unsigned irq;
    ASSERT_OK(pci_map_bar(&pci, HDA_BAR, &registers));
    ASSERT_OK(controller_init(registers));
    ASSERT_OK(pci_acquire_irq(&pci, 0, &irq, NULL));
    ASSERT_OK(pci_enable_bus_master(&pci));
    err = player_init();
    if (IS_ERROR(err)) {
        WARN("nothing can be heard: %s", error_name(err));
        task_exit();
    }
}

void main(void) {
    init();
    ASSERT_OK(ipc_serve("audio"));
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(m.notifications.data);
        } else if (!audio_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
