#include <resea/malloc.h>
#include <string.h>
#include <unittest.h>
#include <usb/descriptor.h>

static const uint8_t good[] = {9, 2,    34,   0, 1, 7, 0,    0xa0, 50,  // Configuration.
                               9, 4,    0,    0, 1, 3, 1,    1,    0,   // Interface.
                               9, 0x21, 0x11, 1, 0, 1, 0x22, 65,   0,   // A class's own.
                               7, 5,    0x81, 3, 8, 0, 10};             // Endpoint.

/// Parses a copy of exactly that size.
static error_t parse(const uint8_t *data, size_t len, struct usb_configuration **config) {
    uint8_t *copy = malloc(len + 1);
    memcpy(copy, data, len);
    error_t err = usb_parse_configuration(copy, len, config);
    free(copy);
    return err;
}

static error_t parse_with(size_t at, uint8_t value) {
    uint8_t data[sizeof(good)];
    memcpy(data, good, sizeof(good));
    data[at] = value;
    struct usb_configuration *config = NULL;
    error_t err = parse(data, sizeof(data), &config);
    free(config);
    return err;
}

TEST("a configuration is its interfaces and their endpoints") {
    struct usb_configuration *config;
    TEST_EXPECT_EQ(parse(good, sizeof(good), &config), OK);
    TEST_EXPECT_EQ(config->value, 7);
    TEST_EXPECT_EQ(config->max_power_ma, 100);
    TEST_EXPECT_EQ(config->num_interfaces, 1);
    TEST_EXPECT_EQ(config->interfaces[0].class, 3);
    TEST_EXPECT_EQ(config->interfaces[0].num_endpoints, 1);
    TEST_EXPECT_EQ(config->endpoints[0].address, 0x81);
    TEST_EXPECT_EQ(config->endpoints[0].max_packet, 8);
    TEST_EXPECT_EQ(config->endpoints[0].packets, 1);
    TEST_EXPECT(usb_find_interface(config, 0, 0) == &config->interfaces[0]);
    TEST_EXPECT(usb_find_interface(config, 0, 1) == NULL);
    TEST_EXPECT_MEM_EQ(config->raw, good, sizeof(good));
    free(config);
}

TEST("what doesn't fit together is refused") {
    static const struct {
        size_t at;
        uint8_t value;
    } bad[] = {
        {0, 8},     {1, 1},     {2, 8},     {2, 35},
        {5, 0},                                        // Configuration: lengths, type, value.
        {9, 0},     {9, 1},     {9, 8},     {9, 255},  // Lengths of what follows.
        {27, 6},    {27, 8},    {10, 0x21},  // An endpoint that is short, too long, or nobody's.
        {29, 0x80}, {29, 0xf1},              // Endpoint 0; reserved bits.
        {31, 0},    {32, 0x18}, {32, 0x07},  // Packets of 0 bytes, four packets, and of 1,800 bytes.
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_EXPECT_EQ(parse_with(bad[i].at, bad[i].value), ERR_NOT_ACCEPTABLE);
    }
    TEST_EXPECT_EQ(parse_with(3, 9), ERR_TOO_LARGE);
    struct usb_configuration *config;
    for (size_t len = 0; len < sizeof(good); len++) {
        TEST_EXPECT_EQ(parse(good, len, &config), ERR_NOT_ACCEPTABLE);
    }
}

TEST("more interfaces and endpoints than there is room for are refused") {
    uint8_t data[9 + (USB_ENDPOINTS_MAX + 1) * 16] = {9, 2, 0, 0, 1, 1, 0, 0, 0};
    struct usb_configuration *config;
    for (int with_endpoints = 0; with_endpoints <= 1; with_endpoints++) {
        size_t at = 9;
        for (int i = 0; i <= (with_endpoints ? 0 : USB_INTERFACES_MAX); i++, at += 9) {
            memcpy(&data[at], (uint8_t[]){9, 4, (uint8_t) i, 0, 0, 0, 0, 0, 0}, 9);
        }
        for (int i = 0; with_endpoints && i <= USB_ENDPOINTS_MAX; i++, at += 7) {
            memcpy(&data[at], (uint8_t[]){7, 5, 0x81, 2, 64, 0, 0}, 7);
        }
        data[2] = (uint8_t) at;
        data[3] = (uint8_t) (at >> 8);
        TEST_EXPECT_EQ(parse(data, at, &config), ERR_TOO_LARGE);
    }
}

TEST("strings become UTF-8, whatever is in them") {
    char text[16];
    const uint8_t string[] = {12, 3, 'a', 0, 0xe4, 0, 0xac, 0x20, 0x07, 0, 0x00, 0xd8};
    TEST_EXPECT_EQ(usb_parse_string(string, sizeof(string), text, sizeof(text)), 8);
    TEST_EXPECT_STR_EQ(text, "aä€??");
    // Half a character at the end, and a length that is too long.
    TEST_EXPECT_EQ(usb_parse_string((uint8_t[]){255, 3, 'x', 0, 'y'}, 5, text, sizeof(text)), 1);
    TEST_EXPECT_EQ(usb_parse_string(string, sizeof(string), text, 4), 3);
    TEST_EXPECT_STR_EQ(text, "aä");
    TEST_EXPECT_EQ(usb_parse_string(string, 1, text, sizeof(text)), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(usb_parse_string(good, sizeof(good), text, sizeof(text)), ERR_NOT_ACCEPTABLE);
}

TEST("a device descriptor has eighteen bytes") {
    const uint8_t data[] = {18, 1, 0, 2, 9, 1, 2, 64, 0x24, 4, 0x14, 0x95, 0, 2, 1, 2, 3, 4};
    struct usb_device_info info;
    TEST_EXPECT_EQ(usb_parse_device(data, sizeof(data), &info), OK);
    TEST_EXPECT_EQ(info.vendor_id, 0x0424);
    TEST_EXPECT_EQ(info.product_id, 0x9514);
    TEST_EXPECT_EQ(info.num_configurations, 4);
    TEST_EXPECT_EQ(info.strings[2], 3);
    TEST_EXPECT_EQ(usb_parse_device(data, 17, &info), ERR_NOT_ACCEPTABLE);
}
