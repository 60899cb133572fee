#include <config.h>
#include <kernel/panic.h>

#ifdef CONFIG_BACKTRACE

struct symbol {
    uint64_t addr;
    uint32_t name_off;
    uint32_t reserved;
};

/// The kernel's functions, sorted by address. The build fills it in after a first link (see
/// site_scons/resea/symbols.py). The names follow the table.
struct symtab {
    uint32_t magic;
    uint32_t count;
    uint32_t strings_off;
    uint32_t capacity;
    struct symbol symbols[];
};

#    define SYMTAB_MAGIC 0x4d595352  // "RSYM"

extern const char __symtab[];
extern char __text_end[];

const char *symbol_find(vaddr_t addr, size_t *offset) {
    const struct symtab *table = (const struct symtab *) (const void *) __symtab;
    const struct symbol *symbols = table->symbols;
    if (table->magic != SYMTAB_MAGIC || !table->count || addr < symbols[0].addr
        || addr >= (vaddr_t) __text_end) {
        return NULL;
    }
    uint32_t low = 0, high = table->count;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (symbols[mid].addr <= addr) {
            low = mid;
        } else {
            high = mid;
        }
    }
    *offset = addr - symbols[low].addr;
    return (const char *) table + table->strings_off + symbols[low].name_off;
}

#endif
