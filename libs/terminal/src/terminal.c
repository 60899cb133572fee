#include <resea/malloc.h>
#include <string.h>
#include <terminal.h>

#define DEFAULT_FOREGROUND 7
#define DEFAULT_BACKGROUND 0
#define BRIGHT             8
#define TAB                8
#define UNKNOWN            0x7f  ///< Is shown as a box.

const struct cell *terminal_cell(const struct terminal *terminal, unsigned x, unsigned y) {
    return &terminal->cells[y * terminal->columns + x];
}

static uint8_t color(const struct terminal *t) {
    unsigned front = t->foreground;
    if (t->bold && front < BRIGHT) {
        front += BRIGHT;
    }
    return (uint8_t) (t->inverse ? (front << 4 | t->background) : (t->background << 4 | front));
}

/// Erases `num` cells from number `first` on. They take the background's colour.
static void erase(struct terminal *t, size_t first, size_t num) {
    struct cell blank = {' ', (uint8_t) (t->background << 4 | DEFAULT_FOREGROUND)};
    for (size_t i = first; i < first + num; i++) {
        t->cells[i] = blank;
    }
}

static void reset(struct terminal *t) {
    t->x = t->y = 0;
    t->wraps = t->cursor_hidden = t->bold = t->inverse = false;
    t->foreground = DEFAULT_FOREGROUND;
    t->background = DEFAULT_BACKGROUND;
    t->state = TERMINAL_TEXT;
    t->utf8_left = 0;
    erase(t, 0, (size_t) t->columns * t->rows);
}

error_t terminal_init(struct terminal *t, unsigned columns, unsigned rows) {
    bzero(t, sizeof(*t));
    t->columns = columns;
    t->rows = rows;
    t->cells = malloc((size_t) columns * rows * sizeof(struct cell));
    if (t->cells == NULL) {
        return ERR_NO_MEMORY;
    }
    reset(t);
    return OK;
}

// ---- Text ---------------------------------------------------------------------------------------

static void new_line(struct terminal *t) {
    t->x = 0;
    t->wraps = false;
    if (t->y + 1 < t->rows) {
        t->y++;
        return;
    }
    size_t above = (size_t) t->columns * (t->rows - 1);
    memmove(t->cells, &t->cells[t->columns], above * sizeof(struct cell));
    erase(t, above, t->columns);
}

static void put(struct terminal *t, uint8_t ch) {
    if (t->wraps) {
        new_line(t);
    }
    t->cells[t->y * t->columns + t->x] = (struct cell){ch, color(t)};
    if (t->x + 1 < t->columns) {
        t->x++;
    } else {
        t->wraps = true;
    }
}

static void move_to(struct terminal *t, unsigned x, unsigned y) {
    t->x = MIN(x, t->columns - 1);
    t->y = MIN(y, t->rows - 1);
    t->wraps = false;
}

static void control(struct terminal *t, uint8_t ch) {
    switch (ch) {
    case '\b':
        move_to(t, (t->x > 0) ? t->x - 1 : 0, t->y);
        break;
    case '\t':
        move_to(t, (t->x / TAB + 1) * TAB, t->y);
        break;
    case '\n':
        new_line(t);
        break;
    case '\r':
        move_to(t, 0, t->y);
        break;
    case '\x1b':
        t->state = TERMINAL_ESCAPE;
        break;
    default:
        break;
    }
}

/// A byte of a character outside of ASCII.
static void decode(struct terminal *t, uint8_t byte) {
    if (byte < 0xc0) {
        if (t->utf8_left == 0) {
            put(t, UNKNOWN);
            return;
        }
        t->utf8 = t->utf8 << 6 | (byte & 0x3f);
        t->utf8_left--;
        if (t->utf8_left == 0) {
            put(t, (t->utf8 >= 0xa0 && t->utf8 <= 0xff) ? (uint8_t) t->utf8 : UNKNOWN);
        }
        return;
    }
    t->utf8_left = (byte < 0xe0) ? 1 : (byte < 0xf0) ? 2 : 3;
    t->utf8 = byte & (0x3fu >> t->utf8_left);
}

static void text(struct terminal *t, uint8_t byte) {
    if (t->utf8_left != 0 && (byte & 0xc0) != 0x80) {
        // The rest of the character never came.
        t->utf8_left = 0;
        put(t, UNKNOWN);
    }
    if (byte >= 0x80) {
        decode(t, byte);
    } else if (byte < 0x20) {
        control(t, byte);
    } else if (byte < 0x7f) {
        put(t, byte);
    }
}

// ---- Escape sequences ---------------------------------------------------------------------------

/// A parameter that counts something: left out and 0 mean 1.
static unsigned count(const struct terminal *t) {
    return MAX(t->params[0], 1u);
}

static void erase_in(struct terminal *t, size_t first, size_t end, unsigned what) {
    size_t cursor = (size_t) t->y * t->columns + t->x;
    if (what == 0) {
        erase(t, cursor, end - cursor);
    } else if (what == 1) {
        erase(t, first, cursor + 1 - first);
    } else if (what == 2) {
        erase(t, first, end - first);
    }
}

static void select_color(struct terminal *t, unsigned param) {
    if (param >= 30 && param <= 37) {
        t->foreground = (uint8_t) (param - 30);
    } else if (param >= 40 && param <= 47) {
        t->background = (uint8_t) (param - 40);
    } else if (param >= 90 && param <= 97) {
        t->foreground = (uint8_t) (param - 90 + BRIGHT);
    } else if (param >= 100 && param <= 107) {
        t->background = (uint8_t) (param - 100 + BRIGHT);
    }
}

static void select_rendition(struct terminal *t, unsigned param) {
    switch (param) {
    case 0:
        t->bold = t->inverse = false;
        t->foreground = DEFAULT_FOREGROUND;
        t->background = DEFAULT_BACKGROUND;
        break;
    case 1:
    case 22:
        t->bold = param == 1;
        break;
    case 7:
    case 27:
        t->inverse = param == 7;
        break;
    case 39:
        t->foreground = DEFAULT_FOREGROUND;
        break;
    case 49:
        t->background = DEFAULT_BACKGROUND;
        break;
    default:
        select_color(t, param);
    }
}

static void move_cursor(struct terminal *t, char final) {
    unsigned n = count(t);
    switch (final) {
    case 'A':
        move_to(t, t->x, (t->y > n) ? t->y - n : 0);
        break;
    case 'B':
        move_to(t, t->x, t->y + MIN(n, t->rows));
        break;
    case 'C':
        move_to(t, t->x + MIN(n, t->columns), t->y);
        break;
    case 'D':
        move_to(t, (t->x > n) ? t->x - n : 0, t->y);
        break;
    case 'G':
        move_to(t, n - 1, t->y);
        break;
    default:  // H, f
        move_to(t, MAX(t->params[1], 1u) - 1, n - 1);
    }
}

static void finish_csi(struct terminal *t, char final) {
    size_t line = (size_t) t->y * t->columns;
    if (t->private) {
        if ((final == 'h' || final == 'l') && t->params[0] == 25) {
            t->cursor_hidden = final == 'l';
        }
        return;
    }
    switch (final) {
    case 'A':
    case 'B':
    case 'C':
    case 'D':
    case 'G':
    case 'H':
    case 'f':
        move_cursor(t, final);
        break;
    case 'J':
        erase_in(t, 0, (size_t) t->columns * t->rows, t->params[0]);
        break;
    case 'K':
        erase_in(t, line, line + t->columns, t->params[0]);
        break;
    case 'm':
        for (unsigned i = 0; i < t->num_params; i++) {
            select_rendition(t, t->params[i]);
        }
        break;
    default:
        break;
    }
}

static void begin_csi(struct terminal *t) {
    t->state = TERMINAL_CSI;
    t->private = false;
    bzero(t->params, sizeof(t->params));
    t->num_params = 1;
}

/// Parameters beyond the last that is kept are dropped, and numbers stop growing.
static void csi(struct terminal *t, uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        unsigned *param = &t->params[t->num_params - 1];
        *param = MIN(*param * 10 + (byte - '0'), 10000u);
    } else if (byte == ';') {
        t->num_params = MIN(t->num_params + 1, (unsigned) TERMINAL_PARAMS_MAX);
    } else if (byte == '?') {
        t->private = true;
    } else if (byte >= 0x40 && byte <= 0x7e) {
        t->state = TERMINAL_TEXT;
        finish_csi(t, (char) byte);
    } else if (byte < 0x20) {
        // A control character within a sequence is carried out at once; ESC begins another one.
        control(t, byte);
    }
}

static void escape(struct terminal *t, uint8_t byte) {
    t->state = TERMINAL_TEXT;
    if (byte == '[') {
        begin_csi(t);
    } else if (byte == 'c') {
        reset(t);
    } else if (byte >= 0x20 && byte <= 0x2f) {
        t->state = TERMINAL_CHARSET;  // One more byte follows.
    } else if (byte < 0x20) {
        control(t, byte);
    }
}

void terminal_write(struct terminal *t, const char *str, size_t len) {
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t) str[i];
        switch (t->state) {
        case TERMINAL_TEXT:
            text(t, byte);
            break;
        case TERMINAL_ESCAPE:
            escape(t, byte);
            break;
        case TERMINAL_CSI:
            csi(t, byte);
            break;
        case TERMINAL_CHARSET:
            t->state = TERMINAL_TEXT;
            break;
        }
    }
}
