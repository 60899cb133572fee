// The sources under test, with the names that renamed.h declares.

#define printf    resea_printf
#define vprintf   resea_vprintf
#define snprintf  resea_snprintf
#define vsnprintf resea_vsnprintf

#include "../../common/src/vprintf.c"
#include "../src/printf.c"

void resea_forget_panic(void);

void resea_forget_panic(void) {
    panicking = false;
}
