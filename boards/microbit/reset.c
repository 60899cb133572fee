#include "nrf51.h"

// From the linker script.
extern uint32_t __data[], __data_end[], __bss_end[];
extern const uint32_t __data_load[];

FROM_ASSEMBLY __noreturn void board_reset(void);

/// The processor comes here from reset, with the stack pointer set. It must not be here that something
/// calls memcpy: the compiler would have made that of the loops.
__attribute__((optimize("no-tree-loop-distribute-patterns"))) __noreturn void board_reset(void) {
    const uint32_t *from = __data_load;
    uint32_t *to = __data;
    while (to < __data_end) {
        *to++ = *from++;
    }
    while (to < __bss_end) {
        *to++ = 0;
    }
    // Up to where the stack pointer is now: so that its use can be measured.
    uint32_t *sp = __builtin_frame_address(0);
    for (to = armv6m_stack; to < sp - 16; to++) {
        *to = KERNEL_STACK_PATTERN;
    }
    armv6m_boot();
}
