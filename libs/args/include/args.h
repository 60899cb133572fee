#ifndef __ARGS_H__
#define __ARGS_H__

/// \file
/// Words and options of a command line. Options are letters behind a dash, several of them behind one dash or each
/// behind its own, anywhere in front of "--".

#include <types.h>

#define ARGS_MAX 250

struct args {
    int count;
    char *words[ARGS_MAX + 1];  ///< Those that aren't options; the last one is NULL.
    const char
        *options[128];  ///< By letter: NULL if it wasn't given, else its value, "" if it has none.
    char wrong;         ///< After a mistake: the option that there isn't, or that has no value.
};

/// Takes the words apart.
/// \param letters  The options that there are; a colon behind a letter: its value follows, in the same word or as the
///                 next one.
/// \return         Whether they were all known and complete.
bool args_parse(char **words, int count, const char *letters, struct args *args);

/// Reads a number from 0 on, decimal or with 0x in front hexadecimal.
bool args_number(const char *text, uint64_t *number);

#endif
