#include "picture.h"

#include <string.h>

#include "font.h"

static uint8_t levels[MATRIX_NUM_PIXELS];
static uint8_t brightness;

static struct {
    bool active;
    char text[PICTURE_TEXT_MAX];
    size_t len;
    size_t pos;  ///< The character that comes in from the right.
    int column;  ///< Its next column; behind the last one there is a dark one.
    int behind;  ///< Dark columns behind the text so far.
} scroll;

/// Hands the levels, dimmed, to the matrix.
static void update(void) {
    uint8_t dimmed[MATRIX_NUM_PIXELS];
    for (int i = 0; i < MATRIX_NUM_PIXELS; i++) {
        // Rounded up: what is lit stays lit.
        dimmed[i] = (uint8_t) ((levels[i] * brightness + MATRIX_LEVEL_MAX - 1) / MATRIX_LEVEL_MAX);
    }
    matrix_show(dimmed);
}

void picture_init(void) {
    brightness = MATRIX_LEVEL_MAX;
    picture_clear();
}

void picture_show(const uint8_t new_levels[MATRIX_NUM_PIXELS]) {
    scroll.active = false;
    memcpy(levels, new_levels, sizeof(levels));
    update();
}

void picture_set_pixel(unsigned pixel, uint8_t level) {
    if (scroll.active) {
        picture_clear();
    }
    levels[pixel] = level;
    update();
}

void picture_clear(void) {
    scroll.active = false;
    memset(levels, 0, sizeof(levels));
    update();
}

void picture_set_brightness(uint8_t level) {
    brightness = level;
    update();
}

uint8_t picture_brightness(void) {
    return brightness;
}

void picture_scroll(const char *text, size_t len) {
    picture_clear();
    memcpy(scroll.text, text, len);
    scroll.len = len;
    scroll.pos = 0;
    scroll.column = 0;
    scroll.behind = 0;
    scroll.active = true;
}

/// The column that comes in next: bit n is row n.
static uint8_t next_column(void) {
    if (scroll.pos == scroll.len) {
        scroll.behind++;
        return 0;
    }

    char ch = scroll.text[scroll.pos];
    if (scroll.column == font_width(ch)) {
        scroll.column = 0;
        scroll.pos++;
        scroll.behind += scroll.pos == scroll.len;
        return 0;
    }
    return font_column(ch, scroll.column++);
}

bool picture_scroll_step(void) {
    uint8_t column = next_column();
    for (int y = 0; y < MATRIX_HEIGHT; y++) {
        uint8_t *line = &levels[y * MATRIX_WIDTH];
        memmove(&line[0], &line[1], MATRIX_WIDTH - 1);
        line[MATRIX_WIDTH - 1] = (column & (1 << y)) ? MATRIX_LEVEL_MAX : 0;
    }
    update();
    scroll.active = scroll.behind < MATRIX_WIDTH;
    return scroll.active;
}

bool picture_is_scrolling(void) {
    return scroll.active;
}

const uint8_t *picture_levels(void) {
    return levels;
}
