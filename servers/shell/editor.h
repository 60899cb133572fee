#ifndef __EDITOR_H__
#define __EDITOR_H__

/// \file
/// The line editor: takes the bytes that the terminal sends, one after the other, and keeps the line
/// on the screen up to date. Knows nothing about the console: what it draws goes to a function.
///
///     Left, Right, Home, End, Ctrl-A, Ctrl-E, Ctrl-B, Ctrl-F   move
///     Backspace, Delete, Ctrl-D                                delete one character
///     Ctrl-U, Ctrl-K, Ctrl-W                                   delete to the start, the end, a word
///     Up, Down, Ctrl-P, Ctrl-N                                 history
///     Tab                                                      completes the command's name, or a path
///     Ctrl-L                                                   clears the screen
///     Ctrl-C                                                   drops the line

#include "history.h"
#include "keys.h"

/// Columns of the line that are shown; a longer line scrolls sideways within them. Terminals of 80
/// columns have room for them and the prompt.
#define EDITOR_COLUMNS 70

enum editor_event {
    EDITOR_CONTINUE,   ///< The line isn't finished.
    EDITOR_LINE,       ///< `line` holds a finished line, which may be empty.
    EDITOR_INTERRUPT,  ///< Ctrl-C.
};

/// Calls `editor_offer` for each word that there is.
struct editor;
typedef void (*editor_complete_t)(struct editor *editor);
/// Words are completed up to this many characters.
#define EDITOR_WORD_MAX 24

struct editor {
    const char *prompt;
    void (*write)(const char *str, size_t len);
    editor_complete_t complete;
#ifdef CONFIG_MMU
    /// Completes a word that isn't the first one, with editor_replace; NULL: nobody does.
    void (*complete_path)(struct editor *editor);
#endif

    /// NUL-terminated.
    char line[LINE_LEN];
    size_t len;
    size_t cursor;
    /// The first character that is on the screen.
    size_t scroll;

    struct key_decoder decoder;
    struct history history;
    /// The line on the screen is history_get(age), 0: the one being typed.
    unsigned age;
    /// What was being typed before the user went up in the history.
    char draft[LINE_LEN];

    // While `complete` runs: the words offered so far.
    unsigned num_offers;
    char first_offer[EDITOR_WORD_MAX];
    /// Characters that all offers start with.
    size_t common_len;
    bool listing;
};

/// `prompt` must stay valid; `complete` may be NULL.
void editor_init(struct editor *editor, const char *prompt,
                 void (*write)(const char *str, size_t len), editor_complete_t complete);
/// Prints the prompt and starts a new line.
void editor_prompt(struct editor *editor);
/// Shows prompt and line anew, on a line of their own, after something else was printed.
void editor_refresh(struct editor *editor);
/// Takes the next byte from the terminal. The line that EDITOR_LINE tells about is in the history.
enum editor_event editor_feed(struct editor *editor, char ch);
#ifdef CONFIG_MMU
/// Puts a text in the place of what is between `start` and the cursor.
void editor_replace(struct editor *editor, size_t start, const char *text);
#endif
/// See editor_complete_t.
void editor_offer(struct editor *editor, const char *word);

#endif
