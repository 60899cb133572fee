#ifndef __WORDS_H__
#define __WORDS_H__

/// \file
/// Words of a command line, with and without their quotes.

#include "strings.h"

/// Takes the next word off a text. *pattern gets it without its quotes, as match() wants it: what was quoted has a
/// backslash in front of what would mean something there. Returns where the word begins in the text; NULL if there is none.
const char *words_next(const char **text, struct text *pattern);

/// Takes the backslashes out of a pattern, in place.
void words_unescape(struct text *pattern);

/// Adds a word to a text with quotes if it needs some. `open`: the closing one is left out, as there is more to come.
void words_quote(struct text *text, const char *word, bool open);

#endif
