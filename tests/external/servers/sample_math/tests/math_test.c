#include <unittest.h>

int add(int a, int b);

TEST("1 + 1 equals to 2") {
    TEST_EXPECT_EQ(add(1, 1), 2);
    TEST_EXPECT_NE(add(1, 1), 3);
    TEST_EXPECT_LT(add(1, 1), 3);
    TEST_EXPECT_LE(add(1, 1), 2);
    TEST_EXPECT_GT(add(1, 1), 1);
    TEST_EXPECT_GE(add(1, 1), 2);
}
