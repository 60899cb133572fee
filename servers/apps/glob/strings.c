#include "strings.h"

#include <resea/malloc.h>
#include <string.h>

/// What a message can carry.
#define TEXT_MAX 65536

void text_add(struct text *text, const char *chars, size_t len) {
    if (len > TEXT_MAX - text->len) {
        return;
    }
    if (text->len + len > text->capacity) {
        size_t capacity = MAX(2 * text->capacity, text->len + len);
        char *larger = realloc(text->chars, capacity);
        if (!larger) {
            return;
        }
        text->chars = larger;
        text->capacity = capacity;
    }
    if (len > 0) {
        memcpy(&text->chars[text->len], chars, len);
        text->len += len;
    }
}

void text_add_str(struct text *text, const char *str) {
    text_add(text, str, strlen(str));
}

void text_free(struct text *text) {
    free(text->chars);
    *text = (struct text){0};
}

void strings_add(struct strings *strings, const char *str) {
    // The array is as long as the next power of two.
    size_t count = strings->count;
    if ((count & (count - 1)) == 0) {
        char **larger = realloc(strings->items, (count ? 2 * count : 1) * sizeof(*larger));
        if (!larger) {
            return;
        }
        strings->items = larger;
    }
    char *copy = strdup(str);
    if (copy) {
        strings->items[strings->count++] = copy;
    }
}

/// Lets a string sink to its place in a heap whose largest one is at the top.
static void sink(char **items, size_t at, size_t count) {
    while (true) {
        size_t largest = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            if (strcmp(items[child], items[largest]) > 0) {
                largest = child;
            }
        }
        if (largest == at) {
            return;
        }
        char *item = items[at];
        items[at] = items[largest];
        items[largest] = item;
        at = largest;
    }
}

void strings_sort(struct strings *strings) {
    char **items = strings->items;
    for (size_t i = strings->count / 2; i > 0; i--) {
        sink(items, i - 1, strings->count);
    }
    for (size_t left = strings->count; left > 1; left--) {
        char *item = items[0];
        items[0] = items[left - 1];
        items[left - 1] = item;
        sink(items, 0, left - 1);
    }
}

void strings_free(struct strings *strings) {
    for (size_t i = 0; i < strings->count; i++) {
        free(strings->items[i]);
    }
    free(strings->items);
    *strings = (struct strings){0};
}
