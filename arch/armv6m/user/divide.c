#include <stdint.h>

// What the compiler's division functions call for a divisor of 0 ("Run-time ABI for the Arm Architecture",
// 4.3.2). Those of the compiler's own library return, and the program goes on with a wrong number.

__attribute__((noreturn)) void __aeabi_idiv0(void);
__attribute__((noreturn)) void __aeabi_ldiv0(void);

void __aeabi_idiv0(void) {
    __builtin_trap();
}

void __aeabi_ldiv0(void) {
    __builtin_trap();
}
