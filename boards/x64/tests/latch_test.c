#include "../latch.h"

#include <unittest.h>

TEST("latch: what comes while the line is open goes through") {
    struct latch latch = {LATCH_SHUT};
    TEST_EXPECT_EQ(latch_unmask(&latch), LATCH_SHUT);
    TEST_EXPECT(latch_arrive(&latch));
    TEST_EXPECT(latch_arrive(&latch));
    TEST_EXPECT(!latch_has_arrived(&latch));
    TEST_EXPECT_EQ(latch_unmask(&latch), LATCH_OPEN);
}

TEST("latch: nothing comes of a line that was just masked") {
    struct latch latch = {LATCH_OPEN};
    latch_mask(&latch);
    TEST_EXPECT(!latch_has_arrived(&latch));
    TEST_EXPECT_EQ(latch_unmask(&latch), LATCH_MASKED);
    TEST_EXPECT_EQ(latch.state, LATCH_OPEN);
}

TEST("latch: what comes while the line is masked comes once, when it is unmasked") {
    struct latch latch = {LATCH_OPEN};
    for (int num = 1; num < 4; num++) {
        latch_mask(&latch);
        for (int i = 0; i < num; i++) {
            TEST_EXPECT(!latch_arrive(&latch));
            TEST_EXPECT(latch_has_arrived(&latch));
        }
        TEST_EXPECT_EQ(latch_unmask(&latch), LATCH_ARRIVED);
        TEST_EXPECT(!latch_has_arrived(&latch));
        TEST_EXPECT(latch_arrive(&latch));
        latch_mask(&latch);
        TEST_EXPECT_EQ(latch_unmask(&latch), LATCH_MASKED);
    }
}

TEST("latch: a line that is masked again keeps what has come") {
    struct latch latch = {LATCH_OPEN};
    latch_mask(&latch);
    TEST_EXPECT(!latch_arrive(&latch));
    latch_mask(&latch);
    TEST_EXPECT_EQ(latch_unmask(&latch), LATCH_ARRIVED);
}

TEST("latch: a line that was never unmasked stays shut when it is masked, and keeps what a device "
     "sends") {
    struct latch latch = {LATCH_SHUT};
    latch_mask(&latch);
    TEST_EXPECT_EQ(latch.state, LATCH_SHUT);
    TEST_EXPECT(!latch_arrive(&latch));
    TEST_EXPECT_EQ(latch_unmask(&latch), LATCH_ARRIVED);
}
