#include <resea/printf.h>
#include <sanitizer.h>

void ubsan_report(const char *what, const char *file, unsigned line, unsigned column) {
    log_panic("undefined behaviour: %s (%s:%u:%u)", what, file, line, column);
}

__noreturn void stack_smashed(void) {
    log_panic("a function wrote beyond the end of a buffer on its stack");
}
