#include <stdio.h>
#include <stdlib.h>
#include <unittest.h>

int main(int argc, char **argv) {
    // What a test has printed must be there even if the next line crashes.
    setvbuf(stdout, NULL, _IOLBF, 0);
    int failed = unittest_run_all((argc > 1) ? argv[1] : NULL);
    return (failed == 0) ? EXIT_SUCCESS : EXIT_FAILURE;
}
