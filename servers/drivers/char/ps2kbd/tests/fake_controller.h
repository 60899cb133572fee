#ifndef __FAKE_CONTROLLER_H__
#define __FAKE_CONTROLLER_H__

/// \file
/// A keyboard controller and a keyboard, as the manuals describe them, that can be broken in several ways.

#include <types.h>

#define FAKE_QUEUE 256

struct fake_controller {
    // How it is.
    bool absent;       ///< Nobody answers at these ports.
    bool input_stuck;  ///< It never takes a byte.
    bool endless;      ///< There is always one more byte.
    bool cannot_translate;
    uint8_t test_answer, keyboard_test_answer;
    bool no_keyboard;
    unsigned resends;    ///< So many bytes the keyboard doesn't understand.
    bool deaf_to_leds;   ///< It doesn't answer to these any more.
    bool knows_no_sets;  ///< It answers with a resend to whatever asks for a set or a speed.
    unsigned reset_ms;   ///< How long its test takes.
    uint8_t reset_answer;
    uint8_t argument_of;  ///< The command whose value it waits for.

    // What has become of it.
    uint8_t config;
    uint8_t controller_command;
    bool port_enabled, scanning;
    uint8_t leds, set, repeat;
    unsigned slept_ms, num_bytes;
    unsigned reset_at_ms;  ///< 0: no reset is under way.
    unsigned num_queued;
    uint8_t queue[FAKE_QUEUE];
    bool is_aux[FAKE_QUEUE];
};

extern struct fake_controller fake;

/// In order, and in the middle of what its last driver did.
void fake_reset(void);
void fake_send(uint8_t byte);
void fake_send_aux(uint8_t byte);

#endif
