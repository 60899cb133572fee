#include <sanitizer.h>

/// The zero byte stops string functions from reading the canary out or writing it over.
uintptr_t __stack_chk_guard = (uintptr_t) 0xb5c30f1de79a6400ull;

__noreturn void __stack_chk_fail(void);

__noreturn void __stack_chk_fail(void) {
    stack_smashed();
}
