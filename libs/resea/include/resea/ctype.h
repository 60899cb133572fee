#ifndef __RESEA_CTYPE_H__
#define __RESEA_CTYPE_H__

/// \file
/// Classes of ASCII characters. Anything beyond ASCII belongs to none.

#include <types.h>

static inline int isdigit(int ch) {
    return '0' <= ch && ch <= '9';
}

static inline int isxdigit(int ch) {
    return isdigit(ch) || ('a' <= ch && ch <= 'f') || ('A' <= ch && ch <= 'F');
}

static inline int islower(int ch) {
    return 'a' <= ch && ch <= 'z';
}

static inline int isupper(int ch) {
    return 'A' <= ch && ch <= 'Z';
}

static inline int isalpha(int ch) {
    return islower(ch) || isupper(ch);
}

static inline int isalnum(int ch) {
    return isalpha(ch) || isdigit(ch);
}

static inline int isspace(int ch) {
    return ch == ' ' || ('\t' <= ch && ch <= '\r');
}

static inline int isprint(int ch) {
    return ' ' <= ch && ch <= '~';
}

static inline int iscntrl(int ch) {
    return (0 <= ch && ch < ' ') || ch == 0x7f;
}

static inline int ispunct(int ch) {
    return isprint(ch) && ch != ' ' && !isalnum(ch);
}

static inline int tolower(int ch) {
    return isupper(ch) ? ch - 'A' + 'a' : ch;
}

static inline int toupper(int ch) {
    return islower(ch) ? ch - 'a' + 'A' : ch;
}

#endif
