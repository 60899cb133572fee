#include <resea/printf.h>

int add(int a, int b);

int add(int a, int b) {
    return a + b;
}

void main(void) {
    INFO("1 + 1 = %d", add(1, 1));
}
