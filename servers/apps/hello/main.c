#include <resea/cmdline.h>
#include <resea/printf.h>

void main(void) {
    // For tests that launch it a thousand times.
    if (cmdline_option("quiet") == NULL) {
        INFO("Hello, World!");
    }
}
