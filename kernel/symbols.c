#include <config.h>
#include <kernel/panic.h>

#ifdef CONFIG_BACKTRACE

struct symbol {
    uint32_t addr_off;  ///< From the base.
    uint32_t name_off;  ///< From the end of the table, where the names are.
};

/// The kernel's functions, sorted by address. The build fills it in after a first link (see
/// site_scons/resea/symbols.py).
struct symtab {
    uint32_t magic;
    uint32_t count;
    uint64_t base;
    struct symbol symbols[];
};

#    define SYMTAB_MAGIC 0x4d595352  // "RSYM"

extern const char __symtab[];
extern char __text_end[];

const char *symbol_find(vaddr_t addr, size_t *offset) {
    const struct symtab *table = (const struct symtab *) (const void *) __symtab;
    const struct symbol *symbols = table->symbols;
    if (table->magic != SYMTAB_MAGIC || !table->count || addr < table->base
        || addr >= (vaddr_t) __text_end) {
        return NULL;
    }
    uint32_t addr_off = (uint32_t) (addr - table->base);
    uint32_t low = 0, high = table->count;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (symbols[mid].addr_off <= addr_off) {
            low = mid;
        } else {
            high = mid;
        }
    }
    *offset = addr_off - symbols[low].addr_off;
    return (const char *) &symbols[table->count] + symbols[low].name_off;
}

#endif
