#ifndef __COMPLETE_H__
#define __COMPLETE_H__

/// \file
/// Completes the path that somebody has begun to type.

#include "strings.h"

/// \param word         What has been typed of it, with the quotes that it has.
/// \param replacement  What to put in its place; the same if there is nothing to add. Behind a file that is the only one
///                     is a space, behind a directory a slash.
/// \param names        All that begin like that, sorted; directories have a slash.
void complete_word(const char *word, struct text *replacement, struct strings *names);

#endif
