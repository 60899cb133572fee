#include "look.h"

void look_init(void) {}

bool look_handle(struct message *m __unused) {
    return false;
}
