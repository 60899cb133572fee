#include <firmware/atags.h>
#include <string.h>

#define ATAG_NONE    0
#define ATAG_CORE    0x54410001
#define ATAG_MEM     0x54410002
#define ATAG_CMDLINE 0x54410009

/// Each tag begins with its length in words, these two included.
struct tag {
    uint32_t words;
    uint32_t type;
    uint32_t data[];
};

#define HEADER_WORDS 2

static void add_range(struct atags *atags, const struct tag *tag) {
    unsigned max = sizeof(atags->ranges) / sizeof(atags->ranges[0]);
    if (tag->words >= HEADER_WORDS + 2 && tag->data[0] > 0 && atags->num_ranges < max) {
        atags->ranges[atags->num_ranges].len = tag->data[0];
        atags->ranges[atags->num_ranges].base = tag->data[1];
        atags->num_ranges++;
    }
}

static void take_cmdline(struct atags *atags, const struct tag *tag) {
    size_t max = (tag->words - HEADER_WORDS) * sizeof(uint32_t);
    const char *text = (const char *) tag->data;
    if (strnlen(text, max) < max) {
        atags->cmdline = text;
    }
}

bool atags_read(const void *list, size_t max_len, struct atags *atags) {
    const uint32_t *word = list;
    size_t left = max_len / sizeof(uint32_t);
    *atags = (struct atags){.cmdline = ""};
    for (bool first = true; left >= HEADER_WORDS; first = false) {
        const struct tag *tag = (const struct tag *) word;
        if (first && tag->type != ATAG_CORE) {
            return false;
        }
        if (tag->type == ATAG_NONE) {
            return true;
        }
        if (tag->words < HEADER_WORDS || tag->words > left) {
            return false;
        }
        if (tag->type == ATAG_MEM) {
            add_range(atags, tag);
        } else if (tag->type == ATAG_CMDLINE) {
            take_cmdline(atags, tag);
        }
        word += tag->words;
        left -= tag->words;
    }
    return false;
}
