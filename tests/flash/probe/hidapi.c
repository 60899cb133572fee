// Stands in for libhidapi and libusb in OpenOCD's process (LD_PRELOAD): the USB devices of this machine
// are hidden, so that no test ever reaches a real board, and simulated probes are there instead.
//
//     RESEA_PROBE     the socket of the simulated probe; without it, there is none
//     RESEA_DENIED    set: opening a probe fails, as it does for those who may not
//
// The functions and the struct are hidapi's interface (hidapi.h, 0.13).

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wchar.h>

#define REPORT_LEN 64

struct hid_device_info {
    char *path;
    unsigned short vendor_id, product_id;
    wchar_t *serial_number;
    unsigned short release_number;
    wchar_t *manufacturer_string, *product_string;
    unsigned short usage_page, usage;
    int interface_number;
    struct hid_device_info *next;
    int bus_type;
};

static int connection = -1;

int hid_init(void);
int hid_exit(void);
struct hid_device_info *hid_enumerate(unsigned short vendor, unsigned short product);
void hid_free_enumeration(struct hid_device_info *list);
void *hid_open(unsigned short vendor, unsigned short product, const wchar_t *serial);
void *hid_open_path(const char *path);
void hid_close(void *device);
int hid_write(void *device, const unsigned char *data, size_t len);
int hid_read_timeout(void *device, unsigned char *data, size_t len, int milliseconds);
const wchar_t *hid_error(void *device);
int libusb_init(void **context);
void libusb_exit(void *context);
ptrdiff_t libusb_get_device_list(void *context, void ***list);
void libusb_free_device_list(void **list, int unref);

int hid_init(void) {
    return 0;
}

int hid_exit(void) {
    return 0;
}

struct hid_device_info *hid_enumerate(unsigned short vendor, unsigned short product) {
    static struct hid_device_info probe = {
        .vendor_id = 0x0d28,
        .product_id = 0x0204,
        .serial_number = L"9900000000000000",
        .manufacturer_string = L"ARM",
        .product_string = L"BBC micro:bit CMSIS-DAP",
    };
    (void) vendor;
    (void) product;
    probe.path = getenv("RESEA_PROBE");
    return probe.path ? &probe : NULL;
}

void hid_free_enumeration(struct hid_device_info *list) {
    (void) list;
}

void *hid_open_path(const char *path) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
    connection = socket(AF_UNIX, SOCK_STREAM, 0);
    if (getenv("RESEA_DENIED") || connect(connection, (struct sockaddr *) &name, sizeof(name))) {
        return NULL;
    }
    return &connection;
}

void *hid_open(unsigned short vendor, unsigned short product, const wchar_t *serial) {
    struct hid_device_info *probe = hid_enumerate(vendor, product);
    (void) serial;
    return probe ? hid_open_path(probe->path) : NULL;
}

void hid_close(void *device) {
    (void) device;
    close(connection);
}

/// The first byte is the report's number, which the wire doesn't carry.
int hid_write(void *device, const unsigned char *data, size_t len) {
    unsigned char report[REPORT_LEN] = {0};
    (void) device;
    memcpy(report, data + 1, len - 1 < REPORT_LEN ? len - 1 : REPORT_LEN);
    return send(connection, report, REPORT_LEN, MSG_NOSIGNAL) == REPORT_LEN ? (int) len : -1;
}

int hid_read_timeout(void *device, unsigned char *data, size_t len, int milliseconds) {
    struct pollfd ready = {.fd = connection, .events = POLLIN};
    (void) device;
    if (len < REPORT_LEN || poll(&ready, 1, milliseconds) <= 0) {
        return 0;
    }
    return recv(connection, data, REPORT_LEN, MSG_WAITALL) == REPORT_LEN ? REPORT_LEN : -1;
}

const wchar_t *hid_error(void *device) {
    (void) device;
    return L"simulated";
}

int libusb_init(void **context) {
    *context = NULL;
    return 0;
}

void libusb_exit(void *context) {
    (void) context;
}

ptrdiff_t libusb_get_device_list(void *context, void ***list) {
    (void) context;
    *list = calloc(1, sizeof(void *));
    return 0;
}

void libusb_free_device_list(void **list, int unref) {
    (void) unref;
    free(list);
}
