#include <resea/printf.h>

/// What a backtrace prints, at most.
#define FRAMES_MAX 8

/// From the linker script: the program's code, and the end of its stack.
extern const uint16_t __text[], __text_end[];
extern const uint32_t __stack_top[];

/// Whether a word can be a return address: an odd one behind a BL, or a BLX of a register, in our code
/// (ARMv6-M Architecture Reference Manual, A6.7.13 and A6.7.14).
static bool is_return_address(uint32_t word) {
    const uint16_t *code = (const uint16_t *) (uintptr_t) (word - 1);
    if (!(word & 1) || code < __text + 2 || code >= __text_end) {
        return false;
    }
    bool is_bl = (code[-2] & 0xf800) == 0xf000 && (code[-1] & 0xd000) == 0xd000;
    bool is_blx = (code[-1] & 0xff87) == 0x4780;
    return is_bl || is_blx;
}

/// Thumb code keeps no chain of frames. So this lists all words of the stack that look like return
/// addresses; some may be left from functions that have returned.
void backtrace(void) {
    int found = 0;
    for (const uint32_t *word = __builtin_frame_address(0); word < __stack_top; word++) {
        if (found < FRAMES_MAX && is_return_address(*word)) {
            log_print("    ", "#%d: %p?", found++, (void *) (uintptr_t) *word);
        }
    }
}
