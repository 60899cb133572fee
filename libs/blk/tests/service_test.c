#include <blk/client.h>
#include <unittest.h>

TEST("a unit's name tells the service that it belongs to") {
    char service[BLK_SERVICE_LEN];
    TEST_EXPECT_EQ(blk_service_of("virtio0p1", service), OK);
    TEST_EXPECT_STR_EQ(service, "blk.virtio");
    TEST_EXPECT_EQ(blk_service_of("sd0", service), OK);
    TEST_EXPECT_STR_EQ(service, "blk.sd");
    TEST_EXPECT_EQ(blk_service_of("abcdefghijklmn0", service), OK);
    TEST_EXPECT_STR_EQ(service, "blk.abcdefghijklmn");
}

TEST("names that no unit has are refused") {
    static const char *const names[] = {
        "", "0", "ide", "Ide0", "i-0", " ide0", "abcdefghijklmno0", "ide0p1234567890123456"};
    char service[BLK_SERVICE_LEN];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        TEST_EXPECT_EQ(blk_service_of(names[i], service), ERR_INVALID_ARG);
    }
}
