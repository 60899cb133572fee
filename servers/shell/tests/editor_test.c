#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../editor.h"

#define PROMPT "> "

/// A terminal with a single line: what the user would see.
static struct {
    char cells[128];
    size_t column;
    char sequence[16];
    size_t sequence_len;
} screen;

static struct editor editor;

static void run_sequence(void) {
    char last = screen.sequence[screen.sequence_len - 1];
    size_t number = (size_t) atoi(&screen.sequence[2]);
    if (last == 'C') {
        screen.column += number;
    } else if (last == 'K') {
        memset(&screen.cells[screen.column], ' ', sizeof(screen.cells) - screen.column);
    } else if (last == 'J') {
        memset(screen.cells, ' ', sizeof(screen.cells));
    } else if (last == 'H') {
        screen.column = 0;
    } else {
        TEST_EXPECT_EQ(last, '\0');
    }

    screen.sequence_len = 0;
}

static void show_char(char ch) {
    if (screen.sequence_len > 0 || ch == '\x1b') {
        screen.sequence[screen.sequence_len++] = ch;
        if (ch >= 'A' && ch <= 'Z') {
            run_sequence();
        }
    } else if (ch == '\r') {
        screen.column = 0;
    } else if (ch == '\n') {
        memset(screen.cells, ' ', sizeof(screen.cells));
    } else {
        screen.cells[screen.column++] = ch;
    }
}

static void show(const char *str, size_t len) {
    for (size_t i = 0; i < len; i++) {
        show_char(str[i]);
    }
}

static void offer_names(struct editor *e) {
    editor_offer(e, "hello");
    editor_offer(e, "help");
    editor_offer(e, "ps");
}

static void start(void) {
    memset(&screen, 0, sizeof(screen));
    memset(screen.cells, ' ', sizeof(screen.cells));
    editor_init(&editor, PROMPT, show, offer_names);
    editor_prompt(&editor);
}

static enum editor_event type(const char *keys) {
    enum editor_event event = EDITOR_CONTINUE;
    for (; *keys != '\0'; keys++) {
        event = editor_feed(&editor, *keys);
    }

    return event;
}

/// Checks the line, where the cursor is, and that the screen shows both. "|" marks the cursor.
static void expect(const char *marked) {
    char line[LINE_LEN] = "";
    size_t cursor = (size_t) (strchr(marked, '|') - marked);
    memcpy(line, marked, cursor);
    strcpy(&line[cursor], &marked[cursor + 1]);

    TEST_EXPECT_EQ(strcmp(editor.line, line), 0);
    TEST_EXPECT_EQ(editor.cursor, cursor);
    TEST_EXPECT_EQ(screen.column, strlen(PROMPT) + cursor);
    TEST_EXPECT_EQ(memcmp(screen.cells, PROMPT, strlen(PROMPT)), 0);
    TEST_EXPECT_EQ(memcmp(&screen.cells[strlen(PROMPT)], line, strlen(line)), 0);
    TEST_EXPECT_EQ(screen.cells[strlen(PROMPT) + strlen(line)], ' ');
}

TEST("typing") {
    start();
    TEST_EXPECT_EQ(type("hello"), EDITOR_CONTINUE);
    expect("hello|");
    TEST_EXPECT_EQ(type("\r"), EDITOR_LINE);
    TEST_EXPECT_EQ(strcmp(editor.line, "hello"), 0);
    editor_prompt(&editor);
    expect("|");
}

TEST("moving and inserting") {
    start();
    type("ac\x1b[D");
    expect("a|c");
    type("b");
    expect("ab|c");
    type("\x01\x1b[D>");
    expect(">|abc");
    type("\x05\x1b[C<");
    expect(">abc<|");
    type("\x1b[H\x1b[C");
    expect(">|abc<");
    type("\x1b[F");
    expect(">abc<|");
}

TEST("deleting characters") {
    start();
    type("\x7f\x1b[3~");
    expect("|");
    type("abcd\x7f");
    expect("abc|");
    type("\x01\x1b[3~");
    expect("|bc");
    type("\x7f");
    expect("|bc");
    type("\x05\x04");
    expect("bc|");
}

TEST("deleting more") {
    start();
    type("one two  three  ");
    type("\x17");
    expect("one two  |");
    type("\x17");
    expect("one |");
    type("two\x1b[D\x0b");
    expect("one tw|");
    type("\x1b[D\x15");
    expect("|w");
}

TEST("interrupting drops the line and keeps it out of the history") {
    start();
    TEST_EXPECT_EQ(type("abc\x03"), EDITOR_INTERRUPT);
    editor_prompt(&editor);
    expect("|");
    type("\x1b[A");
    expect("|");
}

TEST("the history and the draft below it") {
    start();
    type("first\r");
    editor_prompt(&editor);
    type("second\r");
    editor_prompt(&editor);
    type("dra\x1b[A");
    expect("second|");
    type("\x1b[A");
    expect("first|");
    type("\x1b[A");
    expect("first|");
    type("\x1b[B\x1b[B");
    expect("dra|");
    type("\x1b[B");
    expect("dra|");
}

TEST("completion") {
    start();
    type("p\t");
    expect("ps |");
    type("\t");
    expect("ps |");

    start();
    type("h\t");
    expect("hel|");
    type("l\t");
    expect("hello |");

    start();
    type("x\t");
    expect("x|");
}

TEST("clearing the screen keeps the line") {
    start();
    type("abc\x1b[D\x0c");
    expect("ab|c");
}

TEST("other control characters and non-ASCII bytes are ignored") {
    start();
    type("a\x07\xc3\xa9\x1b[5~"
         "b");
    expect("ab|");
}

TEST("a long line scrolls and has a limit") {
    start();
    for (int i = 0; i < LINE_LEN + 20; i++) {
        type("x");
    }

    TEST_EXPECT_EQ(editor.len, LINE_LEN - 1);
    TEST_EXPECT_LT(screen.column, strlen(PROMPT) + EDITOR_COLUMNS);
    type("\x01");
    TEST_EXPECT_EQ(screen.column, strlen(PROMPT));
    TEST_EXPECT_EQ(screen.cells[strlen(PROMPT) + EDITOR_COLUMNS - 1], 'x');
    TEST_EXPECT_EQ(screen.cells[strlen(PROMPT) + EDITOR_COLUMNS], ' ');
}
