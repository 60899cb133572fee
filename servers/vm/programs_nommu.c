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
    for (size_t i = 1; i < table->num_programs; i++) {
        if (is_same_name(table->programs[i].name, name)) {
            return (const struct program *) &table->programs[i];
        }
    }
    return NULL;
}

static inline bool overlap(const struct program_entry *a, const struct program_entry *b) {
    return a->ram_base < b->ram_base + b->ram_len && b->ram_base < a->ram_base + a->ram_len;
}

/// vm is always there, and in no slot of the task table.
static const struct program *program_in_slot(size_t slot) {
    const struct task *task = task_slots[slot];
    return (task && task->life == LIFE_RUNS) ? task->program : NULL;
}

const struct task *programs_find_user(const struct program *program) {
    size_t num_slots = task_num_slots();
    for (size_t slot = 1; slot <= num_slots; slot++) {
        const struct program *other = program_in_slot(slot);
        if (other && overlap(&program->entry, &other->entry)) {
            return task_slots[slot];
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
        const struct program *program = program_in_slot(slot);
        used += program ? program->entry.ram_len : 0;
    }
    return table->ram_len - used;
}
