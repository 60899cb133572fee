#include "client.h"

#include <idl_client.h>
#include <resea/malloc.h>

static list_t clients = {&clients, &clients};
static list_t due = {&due, &due};

struct client *client_find(task_t task) {
    LIST_FOR_EACH (client, &clients, struct client, next) {
        if (client->task == task) {
            return client;
        }
    }
    return NULL;
}

struct client *client_get(task_t task) {
    struct client *client = client_find(task);
    if (client != NULL) {
        return client;
    }
    client = malloc(sizeof(*client));
    if (client == NULL || IS_ERROR(call_task_watch(INIT_TASK, task))) {
        free(client);
        return NULL;
    }
    *client = (struct client){.task = task};
    list_init(&client->sockets);
    list_init(&client->events);
    list_init(&client->news);
    list_push_back(&clients, &client->next);
    return client;
}

void client_tell(struct client *client, notifications_t notification) {
    if (client->notified & notification) {
        return;
    }
    if (client->due == 0) {
        list_push_back(&due, &client->in_due);
    }
    client->due |= notification;
}

void client_took(struct client *client, notifications_t notification) {
    client->notified &= ~notification;
}

void client_notify_all(void) {
    struct client *client;
    while ((client = LIST_POP_FRONT(&due, struct client, in_due)) != NULL) {
        client->notified |= client->due;
        // That it is gone is told by vm, soon.
        (void) ipc_notify(client->task, client->due);
        client->due = 0;
    }
}

void client_forget(task_t task) {
    struct client *client = client_find(task);
    if (client == NULL) {
        return;
    }
    if (client->due != 0) {
        list_remove(&client->in_due);
    }
    list_remove(&client->next);
    free(client);
}
