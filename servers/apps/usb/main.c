#include <idl_client.h>
#include <kernel_abi.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#define DEVICES_MAX 128

static task_t server;

/// A device as it was told, and how deep in the tree it is.
static struct usb_device_reply_fields devices[DEVICES_MAX];
static unsigned num_devices;

/// "Defined Class Codes" of the USB Implementers Forum.
static const char *class_name(uint8_t class) {
    switch (class) {
    case 0x01:
        return "audio";
    case 0x02:
        return "communication";
    case 0x03:
        return "human interface";
    case 0x06:
        return "image";
    case 0x07:
        return "printer";
    case 0x08:
        return "storage";
    case 0x09:
        return "hub";
    case 0x0a:
        return "communication data";
    case 0x0b:
        return "smart card";
    case 0x0e:
        return "video";
    case 0xe0:
        return "wireless";
    case 0xef:
        return "miscellaneous";
    case 0xff:
        return "vendor's own";
    default:
        return "class unknown";
    }
}

static const char *speed_name(enum usb_speed speed) {
    switch (speed) {
    case USB_SPEED_LOW:
        return "1.5 Mbit/s";
    case USB_SPEED_FULL:
        return "12 Mbit/s";
    default:
        return "480 Mbit/s";
    }
}

static const char *task_name(task_t task) {
    static struct task_info info;
    for (unsigned slot = 0; sys_info(INFO_TASK, slot, &info, sizeof(info)) != ERR_INVALID_ARG;
         slot++) {
        if (info.tid == task) {
            return info.name;
        }
    }
    return "?";
}

static void print_text(uint32_t device, enum usb_text text) {
    char *string;
    if (IS_OK(call_usb_text(server, device, text, &string))) {
        printf(" %s", string);
        free(string);
    }
}

static void print_interfaces(const struct usb_device_reply_fields *device, int indent) {
    task_t driver;
    uint8_t number, class, subclass, protocol, endpoints;
    for (unsigned i = 0; IS_OK(call_usb_interface(server, device->device, i, &driver, &number,
                                                  &class, &subclass, &protocol, &endpoints));
         i++) {
        printf("%*sinterface %u: %s (%u/%u/%u), %u endpoint%s, ", indent, "", number,
               class_name(class), class, subclass, protocol, endpoints,
               (endpoints == 1) ? "" : "s");
        printf("%s\n", (driver != 0) ? task_name(driver) : "no driver");
    }
}

static void print_tree(uint32_t parent, int indent) {
    for (unsigned i = 0; i < num_devices; i++) {
        const struct usb_device_reply_fields *device = &devices[i];
        if (device->parent != parent) {
            continue;
        }
        printf("%*sport %u: %04x:%04x", indent, "", device->port, device->vendor_id,
               device->product_id);
        print_text(device->device, USB_TEXT_MANUFACTURER);
        print_text(device->device, USB_TEXT_PRODUCT);
        printf(", %s, address %u, %u mA", speed_name(device->speed), device->address,
               device->max_power_ma);
        if (device->class == 0x09) {
            printf(", hub with %u ports\n", device->ports);
        } else {
            printf("\n");
            print_interfaces(device, indent + 2);
        }
        print_tree(device->device, indent + 2);
    }
}

static error_t read_devices(void) {
    struct message m;
    bzero(&m, sizeof(m));
    for (num_devices = 0; num_devices < DEVICES_MAX; num_devices++) {
        m.type = USB_DEVICE_MSG;
        m.usb_device.index = num_devices;
        error_t err = ipc_call_service_idempotent("usb", &server, &m);
        if (err == ERR_END) {
            break;
        }
        if (IS_ERROR(err)) {
            return err;
        }
        devices[num_devices] = m.usb_device_reply;
    }
    return OK;
}

void main(void) {
    error_t err = read_devices();
    if (IS_ERROR(err)) {
        printf("usb: the devices can't be asked for: %s\n", error_name(err));
        task_exit_with(1);
    }
    if (num_devices == 0) {
        printf("nothing is plugged in\n");
    }
    print_tree(0, 0);
}
