#include "../picture.h"

#include <string.h>
#include <unittest.h>

#include "../font.h"

// matrix_test has the real matrix_show, with a board; here it runs with one that never ticks.
#include "../../../../../libs/driver/tests/fake_io.h"

#include <nrf51/gpio.h>
#include <nrf51/timer.h>

static bool running;

static uint32_t read_zero(offset_t offset __unused) {
    return 0;
}

static void write_nothing(offset_t offset __unused, uint32_t value __unused) {}

static void write_timer(offset_t offset, uint32_t value __unused) {
    if (offset == NRF_TIMER_START) {
        running = true;
    } else if (offset == NRF_TIMER_SHUTDOWN) {
        running = false;
    }
}

static void start(void) {
    static const struct fake_device gpio = {NRF_GPIO_BASE, NRF_GPIO_LEN, read_zero, write_nothing};
    static const struct fake_device timer = {NRF_TIMER1_BASE, NRF_TIMER_LEN, read_zero,
                                             write_timer};
    fake_io_reset();
    fake_io_add(&gpio);
    fake_io_add(&timer);
    TEST_EXPECT_EQ(matrix_init(), OK);
    picture_init();
}

/// The picture's rows, '#' for what is lit.
static const char *seen(void) {
    static char text[MATRIX_NUM_PIXELS + MATRIX_HEIGHT];
    char *p = text;
    for (int i = 0; i < MATRIX_NUM_PIXELS; i++) {
        *p++ = picture_levels()[i] ? '#' : '.';
        if (i % MATRIX_WIDTH == MATRIX_WIDTH - 1) {
            *p++ = '/';
        }
    }
    p[-1] = '\0';
    return text;
}

TEST("a picture is shown as it is, and pixels are changed one by one") {
    uint8_t levels[MATRIX_NUM_PIXELS] = {1, 2, 3};
    start();
    TEST_EXPECT(!running);
    picture_show(levels);
    TEST_EXPECT(running);
    TEST_EXPECT_MEM_EQ(picture_levels(), levels, sizeof(levels));
    picture_set_pixel(24, 9);
    TEST_EXPECT_STR_EQ(seen(), "###../...../...../...../....#");
    picture_clear();
    TEST_EXPECT(!running);
    TEST_EXPECT_STR_EQ(seen(), "...../...../...../...../.....");
}

TEST("brightness dims what is shown, but not to nothing") {
    uint8_t levels[MATRIX_NUM_PIXELS] = {1};
    start();
    picture_show(levels);
    picture_set_brightness(1);
    TEST_EXPECT_EQ(picture_brightness(), 1);
    TEST_EXPECT_EQ(picture_levels()[0], 1);
    TEST_EXPECT(running);
    picture_set_brightness(0);
    TEST_EXPECT(!running);
    picture_set_brightness(9);
    TEST_EXPECT(running);
}

TEST("a text comes in from the right, and leaves to the left") {
    start();
    picture_scroll("L1", 2);
    TEST_EXPECT(picture_is_scrolling());
    TEST_EXPECT_STR_EQ(seen(), "...../...../...../...../.....");
    TEST_EXPECT(picture_scroll_step());
    TEST_EXPECT_STR_EQ(seen(), "....#/....#/....#/....#/....#");
    for (int i = 0; i < 4; i++) {
        TEST_EXPECT(picture_scroll_step());
    }
    TEST_EXPECT_STR_EQ(seen(), "#..../#..../#..../#..../####.");
    for (int i = 0; i < 3; i++) {
        TEST_EXPECT(picture_scroll_step());
    }
    TEST_EXPECT_STR_EQ(seen(), "...#./..##./...#./...#./#.###");
    // 4 + 1 + 3 columns, and five until the last is gone.
    for (int i = 0; i < 4; i++) {
        TEST_EXPECT(picture_scroll_step());
    }
    TEST_EXPECT_STR_EQ(seen(), "...../...../...../...../#....");
    TEST_EXPECT(!picture_scroll_step());
    TEST_EXPECT_STR_EQ(seen(), "...../...../...../...../.....");
    TEST_EXPECT(!picture_is_scrolling());
    TEST_EXPECT(!running);
}

TEST("texts may be empty, or as long as can be") {
    char text[PICTURE_TEXT_MAX];
    start();
    picture_scroll("", 0);
    int steps = 1;
    while (picture_scroll_step()) {
        steps++;
    }
    TEST_EXPECT_EQ(steps, MATRIX_WIDTH);

    memset(text, 'M', sizeof(text));
    picture_scroll(text, sizeof(text));
    steps = 1;
    while (picture_scroll_step()) {
        steps++;
    }
    TEST_EXPECT_EQ(steps, PICTURE_TEXT_MAX * 6 - 1 + MATRIX_WIDTH);
}

TEST("what else is shown ends the text") {
    uint8_t levels[MATRIX_NUM_PIXELS] = {9};
    start();
    picture_scroll("abc", 3);
    picture_scroll_step();
    picture_set_pixel(1, 5);
    TEST_EXPECT(!picture_is_scrolling());
    TEST_EXPECT_STR_EQ(seen(), ".#.../...../...../...../.....");
    picture_scroll("abc", 3);
    picture_show(levels);
    TEST_EXPECT(!picture_is_scrolling());
    picture_scroll("abc", 3);
    picture_set_brightness(3);
    TEST_EXPECT(picture_is_scrolling());
}
