#include <net/device.h>
#include <resea/printf.h>

#include "driver.h"

void main(void) {
    static struct net_device device = {.name = "virtio"};
    error_t err = driver_init(&device);
    if (err == ERR_NOT_FOUND || err == ERR_IN_USE) {
        DEBUG("there is no such card");
        return;
    }
    ASSERT_OK(err);
    net_device_run(&device, &driver);
}
