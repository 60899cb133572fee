#include <unittest.h>

#include "../classes.h"

TEST("a class is named as exactly as it is known") {
    TEST_EXPECT_STR_EQ(class_name(0x010601), "AHCI controller");
    TEST_EXPECT_STR_EQ(class_name(0x010600), "SATA controller");
    TEST_EXPECT_STR_EQ(class_name(0x010180), "IDE controller");
    TEST_EXPECT_STR_EQ(class_name(0x017f00), "storage controller");
    TEST_EXPECT_STR_EQ(class_name(0x0c0300), "UHCI controller");
    TEST_EXPECT_STR_EQ(class_name(0x0c03fe), "USB controller");
}

TEST("a class that nobody has defined is a device") {
    TEST_EXPECT_STR_EQ(class_name(0), "device");
    TEST_EXPECT_STR_EQ(class_name(0x00ff00), "device");
    TEST_EXPECT_STR_EQ(class_name(0xffffff), "device");
}
