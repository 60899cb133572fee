#include <string.h>

#include "names.h"
#include "nommu.h"

static const struct program_table *table;

static bool is_valid(const struct program_table *t, const struct program_entry *entry) {
    uint32_t kernel_end = t->ram_base + t->kernel_ram_len;
    return entry->name[0] != '\0'
           && strnlen(entry->name, PROGRAM_TABLE_NAME_LEN) < PROGRAM_TABLE_NAME_LEN
           && entry->entry - entry->flash_base < entry->flash_len && entry->ram_base >= kernel_end
           && entry->ram_base - t->ram_base <= t->ram_len
           && entry->ram_len <= t->ram_len - (entry->ram_base - t->ram_base)
           && entry->stack_len >= STACK_MIN && entry->stack_len <= entry->ram_len;
}

const char *programs_init(const struct program_table *new_table) {
    if (new_table->magic != PROGRAM_TABLE_MAGIC) {
        return "no program table";
    }
    if (new_table->version != PROGRAM_TABLE_VERSION) {
        return "a program table of another version";
    }
    if (new_table->kernel_ram_len > new_table->ram_len) {
        return "the kernel's RAM is outside of the board's";
    }
    for (size_t i = 0; i < new_table->num_programs; i++) {
        if (!is_valid(new_table, &new_table->programs[i])) {
            return "the program table has an invalid entry";
        }
    }
    table = new_table;
    return NULL;
}

const struct program *programs_at(size_t index) {
    return (index < table->num_programs) ? (const struct program *) &table->programs[index] : NULL;
}

const struct program *programs_find(const char *name) {
    // The first one is vm itself.
    const struct program_entry *end = &table->programs[table->num_programs];
    for (const struct program_entry *entry = &table->programs[1]; entry < end; entry++) {
        if (is_same_name(entry->name, name)) {
            return (const struct program *) entry;
        }
    }
    return NULL;
}

static inline bool overlap(const struct program_entry *entry, uint32_t base, uint32_t end) {
    return entry->ram_base < end && base < entry->ram_base + entry->ram_len;
}

/// vm is always there, and in no slot of the task table.
static inline bool runs(const struct task *task) {
    return task && task->life == LIFE_RUNS;
}

const struct task *programs_find_user(const struct program *program) {
    uint32_t base = program->entry.ram_base, end = base + program->entry.ram_len;
    for (struct task **slot = &task_slots[task_num_slots()]; slot > task_slots; slot--) {
        if (runs(*slot) && overlap(&(*slot)->program->entry, base, end)) {
            return *slot;
        }
    }
    return NULL;
}

size_t programs_ram_total(void) {
    return table->ram_len;
}

size_t programs_ram_free(void) {
    size_t used = table->kernel_ram_len + table->programs[0].ram_len;
    for (size_t slot = 1; slot <= task_num_slots(); slot++) {
        used += runs(task_slots[slot]) ? task_slots[slot]->program->entry.ram_len : 0;
    }
    return table->ram_len - used;
}
