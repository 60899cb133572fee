#include <string.h>

#define WORD sizeof(uintptr_t)

/// Keeps the compiler from turning the loops below into calls of the functions that they implement.
#if __has_attribute(no_builtin)
#    define PLAIN_LOOPS __attribute__((no_builtin))
#else
#    define PLAIN_LOOPS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

/// Compilers make calls of some functions themselves, even after it has been seen that nobody calls them.
#if __has_attribute(externally_visible)
#    define CALLED_UNSEEN __attribute__((used, externally_visible))
#else
#    define CALLED_UNSEEN __attribute__((used))
#endif

/// A word at any address. The compiler reads and writes it as the machine allows: in one go, or byte
/// by byte where unaligned accesses fault.
struct unaligned_word {
    uintptr_t value;
} __packed __attribute__((may_alias));

typedef uintptr_t __attribute__((may_alias)) word_t;

/// Whether loops for special cases are worth their code.
#ifdef __OPTIMIZE_SIZE__
#    define FAST false
#else
#    define FAST true
#endif

static inline uintptr_t load(const uint8_t *p) {
    return ((const struct unaligned_word *) p)->value;
}

static inline void store(uint8_t *p, uintptr_t value) {
    ((struct unaligned_word *) p)->value = value;
}

PLAIN_LOOPS size_t strnlen(const char *s, size_t max) {
    size_t len = 0;
    while (len < max && s[len] != '\0') {
        len++;
    }
    return len;
}

PLAIN_LOOPS size_t strlen(const char *s) {
    size_t len = 0;
    while (s[len] != '\0') {
        len++;
    }
    return len;
}

PLAIN_LOOPS int strncmp(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++) {
        int diff = (uint8_t) a[i] - (uint8_t) b[i];
        if (diff != 0 || a[i] == '\0') {
            return diff;
        }
    }
    return 0;
}

PLAIN_LOOPS int strcmp(const char *a, const char *b) {
    for (; *a != '\0' && *a == *b; a++, b++) {}
    return (uint8_t) *a - (uint8_t) *b;
}

PLAIN_LOOPS char *strchr(const char *s, int ch) {
    while (*s != (char) ch) {
        if (*s == '\0') {
            return NULL;
        }
        s++;
    }
    return (char *) s;
}

PLAIN_LOOPS char *strrchr(const char *s, int ch) {
    for (size_t i = strlen(s) + 1; i > 0; i--) {
        if (s[i - 1] == (char) ch) {
            return (char *) &s[i - 1];
        }
    }
    return NULL;
}

PLAIN_LOOPS char *strstr(const char *haystack, const char *needle) {
    size_t len = strlen(needle);
    if (len == 0) {
        return (char *) haystack;
    }

    for (const char *s = strchr(haystack, needle[0]); s != NULL; s = strchr(s + 1, needle[0])) {
        if (strncmp(s, needle, len) == 0) {
            return (char *) s;
        }
    }
    return NULL;
}

PLAIN_LOOPS int atoi(const char *s) {
    while (*s == ' ' || (*s >= '\t' && *s <= '\r')) {
        s++;
    }

    bool negative = *s == '-';
    if (*s == '-' || *s == '+') {
        s++;
    }

    // Counted downwards: INT_MIN has no positive counterpart.
    int value = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        if (__builtin_mul_overflow(value, 10, &value)
            || __builtin_sub_overflow(value, *s - '0', &value)) {
            return negative ? INT32_MIN : INT32_MAX;
        }
    }

    if (negative) {
        return value;
    }
    return (value == INT32_MIN) ? INT32_MAX : -value;
}

CALLED_UNSEEN PLAIN_LOOPS int memcmp(const void *a, const void *b, size_t len) {
    const uint8_t *p = a;
    const uint8_t *q = b;
    while (len >= WORD && load(p) == load(q)) {
        p += WORD;
        q += WORD;
        len -= WORD;
    }

    for (; len > 0; p++, q++, len--) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}

/// Copies from the first byte to the last. Overlapping buffers are fine if dst is the lower one by a
/// word or more, or if they don't overlap in fact: each word is read before it is written.
PLAIN_LOOPS static void copy_forwards(uint8_t *dst, const uint8_t *src, size_t len) {
#ifdef ARCH_HAS_COPY_WORDS
    if (len >= ARCH_COPY_WORDS_MIN) {
        size_t count = len / WORD;
        ARCH_COPY_WORDS(dst, src, count);
        len %= WORD;
    }
#endif

    // Once both are aligned, machines without unaligned accesses can move whole words.
    if ((((uintptr_t) dst ^ (uintptr_t) src) & (WORD - 1)) == 0) {
        for (; len > 0 && !IS_ALIGNED((uintptr_t) dst, WORD); len--) {
            *dst++ = *src++;
        }

        word_t *to = (word_t *) (void *) dst;
        const word_t *from = (const word_t *) (const void *) src;
        for (; FAST && len >= 4 * WORD; len -= 4 * WORD, to += 4, from += 4) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
            to[3] = from[3];
        }
        for (; !FAST && len >= WORD; len -= WORD) {
            *to++ = *from++;
        }
        dst = (uint8_t *) to;
        src = (const uint8_t *) from;
    }

    for (; FAST && len >= WORD; len -= WORD, dst += WORD, src += WORD) {
        store(dst, load(src));
    }
    for (; len > 0; len--) {
        *dst++ = *src++;
    }
}

PLAIN_LOOPS static void copy_backwards(uint8_t *dst, const uint8_t *src, size_t len) {
    for (; len >= WORD; len -= WORD) {
        store(dst + len - WORD, load(src + len - WORD));
    }
    for (; len > 0; len--) {
        dst[len - 1] = src[len - 1];
    }
}

CALLED_UNSEEN void *memmove(void *dst, const void *src, size_t len) {
    // True also if dst is below src: the difference wraps around to a large number.
    if ((uintptr_t) dst - (uintptr_t) src >= len) {
        copy_forwards(dst, src, len);
    } else {
        copy_backwards(dst, src, len);
    }
    return dst;
}

// An architecture may have better ones, in a file of its own.
#ifndef ARCH_HAS_MEMCPY

CALLED_UNSEEN void *memcpy(void *dst, const void *src, size_t len) {
    copy_forwards(dst, src, len);
    return dst;
}

CALLED_UNSEEN PLAIN_LOOPS void *memset(void *dst, int value, size_t len) {
    uint8_t *p = dst;
    for (; len > 0 && !IS_ALIGNED((uintptr_t) p, WORD); len--) {
        *p++ = (uint8_t) value;
    }

    uintptr_t pattern = (UINTPTR_MAX / 0xff) * (uint8_t) value;
    word_t *words = (word_t *) (void *) p;
    for (; FAST && len >= 4 * WORD; len -= 4 * WORD, words += 4) {
        words[0] = pattern;
        words[1] = pattern;
        words[2] = pattern;
        words[3] = pattern;
    }
    for (; len >= WORD; len -= WORD) {
        *words++ = pattern;
    }

    for (p = (uint8_t *) words; len > 0; len--) {
        *p++ = (uint8_t) value;
    }
    return dst;
}

#endif

void bzero(void *dst, size_t len) {
    memset(dst, 0, len);
}

void strncpy2(char *dst, const char *src, size_t size) {
    if (size == 0) {
        return;
    }

    size_t len = strnlen(src, size - 1);
    memcpy(dst, src, len);
    dst[len] = '\0';
}
