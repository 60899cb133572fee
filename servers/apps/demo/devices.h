#ifndef __DEVICES_H__
#define __DEVICES_H__

/// \file
/// The device servers, as functions. A server that crashes is called again when it is back. All of them
/// share one message buffer: a message that was received is gone after the next call.

#include <types.h>

/// The buffer: for receiving, too.
struct message;
extern struct message m;

/// Scrolls a text. Returns at once.
error_t display_scroll(const char *text);
/// Shows a picture: bit n is pixel n, row by row from the top left.
error_t display_picture(uint32_t pixels);
error_t read_temperature(int32_t *millidegrees);
error_t read_random(uint32_t *number);
/// Counts one up in the storage: returns the new count. A counter that isn't there is 0.
error_t count_up(const char key[16], uint32_t *count);

/// Subscribes to the buttons; waits for their server to be there.
void buttons_connect(void);
/// Whether the task was the buttons' server: it has ended, and our subscription with it.
bool buttons_were(task_t task);
/// Pulls the next button that went down: its number. ERR_EMPTY: there is none.
int buttons_next_pressed(void);

#endif
