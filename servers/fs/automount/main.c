#include <config.h>
#include <resea/init.h>

#include "automount.h"

void main(void) {
    automount(CONFIG_AUTOMOUNT_FILE_SYSTEMS);
}
