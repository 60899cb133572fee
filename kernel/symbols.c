#include <kernel/panic.h>

/// The kernel's functions, sorted by address. The build fills it in after a first link (see
/// site_scons/resea/symbols.py).
struct symtab {
    uint32_t magic;
    uint32_t count;
    uint32_t strings_off;
    uint32_t capacity;
    struct {
        uint64_t addr;
        uint32_t name_off;
        uint32_t reserved;
    } entries[];
};

#define SYMTAB_MAGIC 0x4d595352  // "RSYM"

extern const struct symtab __symtab;

const char *symbol_find(vaddr_t addr, size_t *offset) {
    const struct symtab *table = &__symtab;
    if (table->magic != SYMTAB_MAGIC || !table->count || addr < table->entries[0].addr) {
        return NULL;
    }
    uint32_t low = 0, high = table->count;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (table->entries[mid].addr <= addr) {
            low = mid;
        } else {
            high = mid;
        }
    }
    // The last entry marks the end of the code.
    if (low == table->count - 1) {
        return NULL;
    }
    *offset = addr - table->entries[low].addr;
    return (const char *) table + table->strings_off + table->entries[low].name_off;
}
