#include "editor.h"

#include <string.h>

static void write_str(struct editor *editor, const char *str) {
    editor->write(str, strlen(str));
}

/// Moves the terminal's cursor to the screen column of position `pos` in the line.
static void move_to(struct editor *editor, size_t pos) {
    size_t column = strlen(editor->prompt) + pos - editor->scroll;
    char digits[8];
    size_t start = sizeof(digits);
    do {
        digits[--start] = (char) ('0' + column % 10);
        column /= 10;
    } while (column > 0);

    write_str(editor, "\r\x1b[");
    editor->write(&digits[start], sizeof(digits) - start);
    write_str(editor, "C");
}

/// Draws the visible part of the line anew. The prompt stays, so that whoever watches the output for
/// a prompt sees it once a line.
static void redraw(struct editor *editor) {
    if (editor->cursor < editor->scroll) {
        editor->scroll = editor->cursor;
    } else if (editor->cursor >= editor->scroll + EDITOR_COLUMNS) {
        editor->scroll = editor->cursor - EDITOR_COLUMNS + 1;
    }

    move_to(editor, editor->scroll);
    size_t visible = MIN(editor->len - editor->scroll, (size_t) EDITOR_COLUMNS);
    editor->write(&editor->line[editor->scroll], visible);
    write_str(editor, "\x1b[K");
    move_to(editor, editor->cursor);
}

static void move_cursor(struct editor *editor, size_t pos) {
    editor->cursor = pos;
    redraw(editor);
}

static void set_line(struct editor *editor, const char *line) {
    editor->len = MIN(strlen(line), (size_t) LINE_LEN - 1);
    memcpy(editor->line, line, editor->len);
    editor->line[editor->len] = '\0';
    editor->scroll = 0;
    move_cursor(editor, editor->len);
}

/// Inserts at the cursor as much of `str` as the line has room for.
static void insert(struct editor *editor, const char *str, size_t str_len) {
    size_t len = MIN(str_len, (size_t) LINE_LEN - 1 - editor->len);
    char *at = &editor->line[editor->cursor];
    memmove(at + len, at, editor->len - editor->cursor + 1);
    memcpy(at, str, len);
    editor->len += len;
    editor->cursor += len;

    // Typing at the end of the line, the usual case, is a plain echo.
    bool at_end = editor->cursor == editor->len;
    if (at_end && editor->len - editor->scroll < EDITOR_COLUMNS) {
        editor->write(at, len);
    } else {
        redraw(editor);
    }
}

/// Deletes the characters from `start` on, up to but not including `end`.
static void erase(struct editor *editor, size_t start, size_t end) {
    memmove(&editor->line[start], &editor->line[end], editor->len - end + 1);
    editor->len -= end - start;
    move_cursor(editor, start);
}

static size_t start_of_word(struct editor *editor) {
    size_t pos = editor->cursor;
    while (pos > 0 && editor->line[pos - 1] == ' ') {
        pos--;
    }

    while (pos > 0 && editor->line[pos - 1] != ' ') {
        pos--;
    }

    return pos;
}

void editor_refresh(struct editor *editor) {
    write_str(editor, editor->prompt);
    redraw(editor);
}

static void show_history(struct editor *editor, unsigned age) {
    const char *line = age == 0 ? editor->draft : history_get(&editor->history, age);
    if (line == NULL) {
        return;
    }

    if (editor->age == 0) {
        memcpy(editor->draft, editor->line, editor->len + 1);
    }

    editor->age = age;
    set_line(editor, line);
}

void editor_offer(struct editor *editor, const char *word) {
    size_t prefix_len = editor->cursor;
    if (strncmp(word, editor->line, prefix_len) != 0) {
        return;
    }

    if (editor->listing) {
        write_str(editor, editor->num_offers > 0 ? "  " : "\r\n");
        write_str(editor, word);
    } else if (editor->num_offers == 0) {
        editor->common_len = MIN(strlen(word), sizeof(editor->first_offer));
        memcpy(editor->first_offer, word, editor->common_len);
    } else {
        size_t same = 0;
        while (same < editor->common_len && word[same] == editor->first_offer[same]) {
            same++;
        }
        editor->common_len = same;
    }

    editor->num_offers++;
}

static void collect_offers(struct editor *editor, bool listing) {
    editor->num_offers = 0;
    editor->listing = listing;
    editor->complete(editor);
}

#ifdef CONFIG_MMU

void editor_replace(struct editor *editor, size_t start, const char *text) {
    erase(editor, start, editor->cursor);
    insert(editor, text, strlen(text));
}

static void complete_path(struct editor *editor) {
    if (editor->complete_path != NULL) {
        editor->complete_path(editor);
    }
}

#else

static inline void complete_path(struct editor *editor __unused) {}

#endif

/// Completes the word before the cursor as far as all offers agree, or else lists them.
static void complete(struct editor *editor) {
    // Only the first word is a command's name.
    const char *space = strchr(editor->line, ' ');
    bool in_first_word = space == NULL || space >= &editor->line[editor->cursor];
    if (!in_first_word) {
        complete_path(editor);
        return;
    }
    if (editor->complete == NULL) {
        return;
    }

    collect_offers(editor, false);
    if (editor->num_offers == 0) {
        return;
    }

    if (editor->common_len > editor->cursor) {
        insert(editor, &editor->first_offer[editor->cursor], editor->common_len - editor->cursor);
    }

    if (editor->num_offers == 1) {
        insert(editor, " ", 1);
    } else {
        collect_offers(editor, true);
        write_str(editor, "\r\n");
        editor_refresh(editor);
    }
}

static void clear_screen(struct editor *editor) {
    write_str(editor, "\x1b[H\x1b[2J");
    editor_refresh(editor);
}

static void move_by_key(struct editor *editor, int key) {
    switch (key) {
    case KEY_LEFT:
    case KEY_CTRL('B'):
        move_cursor(editor, editor->cursor - (editor->cursor > 0));
        break;
    case KEY_RIGHT:
    case KEY_CTRL('F'):
        move_cursor(editor, editor->cursor + (editor->cursor < editor->len));
        break;
    case KEY_HOME:
    case KEY_CTRL('A'):
        move_cursor(editor, 0);
        break;
    case KEY_END:
    case KEY_CTRL('E'):
        move_cursor(editor, editor->len);
        break;
    }
}

static void erase_by_key(struct editor *editor, int key) {
    size_t cursor = editor->cursor;
    switch (key) {
    case KEY_BACKSPACE:
        erase(editor, cursor - (cursor > 0), cursor);
        break;
    case KEY_DELETE:
    case KEY_CTRL('D'):
        erase(editor, cursor, cursor + (cursor < editor->len));
        break;
    case KEY_CTRL('U'):
        erase(editor, 0, cursor);
        break;
    case KEY_CTRL('K'):
        erase(editor, cursor, editor->len);
        break;
    case KEY_CTRL('W'):
        erase(editor, start_of_word(editor), cursor);
        break;
    }
}

static void handle_key(struct editor *editor, int key) {
    switch (key) {
    case KEY_UP:
    case KEY_CTRL('P'):
        show_history(editor, editor->age + 1);
        break;
    case KEY_DOWN:
    case KEY_CTRL('N'):
        if (editor->age > 0) {
            show_history(editor, editor->age - 1);
        }
        break;
    case '\t':
        complete(editor);
        break;
    case KEY_CTRL('L'):
        clear_screen(editor);
        break;
    default:
        move_by_key(editor, key);
        erase_by_key(editor, key);
        break;
    }
}

void editor_init(struct editor *editor, const char *prompt,
                 void (*write)(const char *str, size_t len), editor_complete_t complete) {
    memset(editor, 0, sizeof(*editor));
    editor->prompt = prompt;
    editor->write = write;
    editor->complete = complete;
}

void editor_prompt(struct editor *editor) {
    editor->len = editor->cursor = editor->scroll = 0;
    editor->line[0] = '\0';
    editor->age = 0;
    write_str(editor, editor->prompt);
}

enum editor_event editor_feed(struct editor *editor, char ch) {
    int key = key_decode(&editor->decoder, ch);
    if (key == '\n') {
        write_str(editor, "\r\n");
        history_add(&editor->history, editor->line);
        return EDITOR_LINE;
    }

    if (key == KEY_CTRL('C')) {
        write_str(editor, "^C\r\n");
        return EDITOR_INTERRUPT;
    }

    // Bytes above 0x7f are parts of UTF-8 characters, whose columns the editor can't count.
    if (key >= ' ' && key < KEY_BACKSPACE) {
        insert(editor, &(char){(char) key}, 1);
    } else {
        handle_key(editor, key);
    }

    return EDITOR_CONTINUE;
}
