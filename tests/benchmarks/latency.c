/// \file
/// A plugin for QEMU that watches the kernel from outside: how many instructions it executes at most
/// from its entry until it leaves to a program or waits for an interrupt. Interrupts are off all that
/// time. site_scons/resea/latency.py builds it, writes what it reads, and reads what it writes.
///
///     -plugin latency.so,map=FILE,out=FILE
///
/// The map has a line for each function of the kernel, by address: `address kind name`, and a last one
/// with the end of the kernel's code. A kind is `entry`, where traps begin; `exit`, where the kernel
/// leaves to a program; `idle`, where interrupts are on; `path`, which gives its name to the path that comes
/// through it first; or `-`.
///
/// The output has a line for each of the paths that were taken: `name instructions times`, and then
/// `function=instructions` of the longest one, as far as they fit.
///
/// Each instruction is counted when it is executed, not by the blocks in which QEMU translates them: a block
/// is cut short by a page fault, and by an access to a device. It is for one CPU, number 0.

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- What is used of QEMU's interface for plugins (its documentation, "QEMU TCG Plugins") ---------------

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

#define CALLBACK_NO_REGS 0

typedef void (*translated_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*executed_t)(unsigned cpu, void *arg);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_t callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_t callback, int flags,
                                          void *arg);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed_t callback,
                                            int flags, void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/// QEMU refuses a plugin of another version than its own. What is used here is the same in all of them.
extern int qemu_plugin_version;
int qemu_plugin_version = PLUGIN_VERSION;

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv);

// ---- The kernel's functions -----------------------------------------------------------------------------

#define MAX_FUNCTIONS 4096
#define NAME_LEN      64
#define DETAIL_LEN    1024

enum kind {
    PLAIN,
    ENTRY,
    EXIT,
    IDLE,
    PATH
};

struct function {
    uint64_t address;
    enum kind kind;
    char name[NAME_LEN];
    /// In the path with this number it has executed so many instructions.
    uint64_t in_path;
    uint64_t instructions;
    /// Of the paths that have its name.
    uint64_t longest;
    uint64_t times;
    char detail[DETAIL_LEN];
};

static struct function functions[MAX_FUNCTIONS];
static unsigned num_functions;
static uint64_t text_end;
/// Gives its name to paths that come through no function of kind `path`.
static struct function unnamed = {.name = "other"};

static enum kind kind_of(const char *word) {
    static const char *const words[] = {"-", "entry", "exit", "idle", "path"};
    for (int kind = PLAIN; kind <= PATH; kind++) {
        if (!strcmp(word, words[kind])) {
            return kind;
        }
    }
    fprintf(stderr, "latency: the map has an unknown kind, %s\n", word);
    exit(1);
}

static FILE *open_or_exit(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void read_map(const char *path) {
    FILE *file = open_or_exit(path, "r");
    char word[NAME_LEN];
    struct function *f = functions;
    while (f < functions + MAX_FUNCTIONS
           && fscanf(file, "%" SCNx64 " %63s %63s", &f->address, word, f->name) == 3) {
        f->kind = kind_of(word);
        f++;
    }
    fclose(file);
    if (f < functions + 2) {
        fprintf(stderr, "latency: %s has no functions\n", path);
        exit(1);
    }
    f--;
    text_end = f->address;
    num_functions = (unsigned) (f - functions);
}

/// The function that an address is in, or NULL.
static struct function *find(uint64_t address) {
    if (address < functions[0].address || address >= text_end) {
        return NULL;
    }
    unsigned low = 0, high = num_functions;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (functions[middle].address <= address) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &functions[low];
}

// ---- Paths ----------------------------------------------------------------------------------------------

/// What the CPU is in. BOOTING lasts until the first program runs: nobody waits for what is before that.
static enum {
    BOOTING,
    BOOTED,
    OUTSIDE,
    INSIDE
} state;
/// What the kernel has executed last.
static enum kind last_kind;
/// The current path: its number, how long it is so far, and who gives it its name.
static uint64_t path_number;
static uint64_t path_length;
static struct function *path_name;

static int by_instructions(const void *a, const void *b) {
    const struct function *left = *(struct function *const *) a;
    const struct function *right = *(struct function *const *) b;
    return (left->instructions < right->instructions) - (left->instructions > right->instructions);
}

/// Notes which functions the current path has spent how many instructions in.
static void describe_path(char *text) {
    static struct function *sorted[MAX_FUNCTIONS];
    size_t num = 0, used = 0;
    for (unsigned i = 0; i < num_functions; i++) {
        if (functions[i].in_path == path_number) {
            sorted[num++] = &functions[i];
        }
    }
    qsort(sorted, num, sizeof(sorted[0]), by_instructions);
    for (size_t i = 0; i < num && used + NAME_LEN + 32 < DETAIL_LEN; i++) {
        used += (size_t) snprintf(text + used, DETAIL_LEN - used, " %s=%" PRIu64, sorted[i]->name,
                                  sorted[i]->instructions);
    }
}

static void end_path(void) {
    if (state != INSIDE) {
        return;
    }
    state = OUTSIDE;
    path_name->times++;
    if (path_length > path_name->longest) {
        path_name->longest = path_length;
        describe_path(path_name->detail);
    }
}

static void begin_path(void) {
    state = INSIDE;
    path_number++;
    path_length = 0;
    path_name = &unnamed;
}

static void program_executed(unsigned cpu, void *arg) {
    (void) arg;
    if (cpu != 0) {
        return;
    }
    end_path();
    if (state == BOOTED) {
        state = OUTSIDE;
    }
}

/// Whether an instruction belongs to a path, which it may begin.
static bool is_counted(enum kind kind) {
    // An interrupt was pending when the kernel left: no program has run, and yet this is another path.
    if (kind == ENTRY && last_kind == EXIT) {
        end_path();
        state = OUTSIDE;
    } else if (kind == EXIT && state == BOOTING) {
        state = BOOTED;
    } else if (kind == IDLE) {
        end_path();
    }
    last_kind = kind;
    return state >= OUTSIDE && kind != IDLE;
}

static void kernel_executed(unsigned cpu, void *arg) {
    struct function *f = arg;
    if (cpu != 0 || !is_counted(f->kind)) {
        return;
    }
    if (state != INSIDE) {
        begin_path();
    }
    if (f->in_path != path_number) {
        f->in_path = path_number;
        f->instructions = 0;
    }
    f->instructions++;
    path_length++;
    if (f->kind == PATH && path_name == &unnamed) {
        path_name = f;
    }
}

// ---- QEMU's side ----------------------------------------------------------------------------------------

/// A block of instructions is the kernel's or a program's: to get from one to the other takes a trap, or a
/// return from it.
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void) id;
    if (!find(qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0)))) {
        qemu_plugin_register_vcpu_tb_exec_cb(tb, program_executed, CALLBACK_NO_REGS, NULL);
        return;
    }
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        struct function *f = find(qemu_plugin_insn_vaddr(insn));
        if (f) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, kernel_executed, CALLBACK_NO_REGS, f);
        }
    }
}

static FILE *out;

static void write_path(const struct function *f) {
    if (f->times) {
        fprintf(out, "%s %" PRIu64 " %" PRIu64 "%s\n", f->name, f->longest, f->times, f->detail);
    }
}

static void write_paths(void) {
    for (unsigned i = 0; i < num_functions; i++) {
        write_path(&functions[i]);
    }
    write_path(&unnamed);
    fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv) {
    (void) info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "map=", 4)) {
            read_map(argv[i] + 4);
        } else if (!strncmp(argv[i], "out=", 4)) {
            out = open_or_exit(argv[i] + 4, "w");
        }
    }
    if (!out || !num_functions) {
        fputs("latency: map=FILE and out=FILE are needed\n", stderr);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return atexit(write_paths);
}
