#include <resea/init.h>

__noreturn void _start(void);

/// Set the stack pointer to USER_STACK_TOP - USER_ARGS_LEN (in vm: to the end of the stack that its
/// own linker script reserves), end the chain of frame pointers, and call resea_init(). In assembly,
/// and first in the image: see arch/x64/user/start.S and user.ld.
__noreturn void _start(void) {
    resea_init();
}
