#include <arch_user.h>
#include <config.h>
#include <resea/printf.h>

#ifndef CONFIG_DEBUG

void backtrace(void) {
    // Release builds have no frame pointers to follow.
}

#else

#    define FRAMES_MAX 16

/// The end of the stack, from the linker script.
extern char __stack_top[];

/// Frames lie above each other; anything else is damaged, or the first frame's caller.
static bool is_frame(const struct arch_frame *frame, const struct arch_frame *callee) {
    vaddr_t addr = (vaddr_t) frame;
    return frame > callee && IS_ALIGNED(addr, sizeof(vaddr_t))
           && addr <= (vaddr_t) __stack_top - sizeof(*frame);
}

void backtrace(void) {
    const struct arch_frame *frame = __builtin_frame_address(0);
    for (int i = 0; i < FRAMES_MAX; i++) {
        if (frame->return_addr == 0) {
            break;
        }

        printf("[%s]     #%d: %p\n", program_name(), i, (void *) frame->return_addr);
        if (!is_frame(frame->caller, frame)) {
            break;
        }
        frame = frame->caller;
    }
}

#endif
