#include "image.h"

#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "bootfs_reader.h"
#include "fault.h"
#include "hold.h"
#include "memory.h"
#include "own.h"
#include "pool.h"
#include "program.h"
#include "share.h"

/// A program that was launched before, with its headers checked.
struct known_program {
    const struct bootfs_file *file;
    unsigned server;
    struct program program;
};

static struct pool program_pool = POOL_INIT(struct known_program, own_add_chunk);
/// By file of bootfs; NULL for those that weren't.
static struct known_program **programs;

/// The manifest's entry for a program: that of a command is its program's.
static unsigned find_server(const struct bootfs_file *file) {
    return manifest_find_server(bootfs_real_name(file));
}

static error_t read_program(const struct bootfs_file *file, struct known_program **place) {
    struct known_program *known = pool_alloc(&program_pool);
    if (!known) {
        return ERR_NO_MEMORY;
    }

    const char *problem = program_read(&known->program, bootfs_data(file), file->len);
    if (problem) {
        WARN("%s is no valid program: %s", file->name, problem);
        pool_free(&program_pool, known);
        return ERR_INVALID_ARG;
    }
    known->file = file;
    known->server = find_server(file);
    *place = known;
    return OK;
}

/// Where it is noted that the program in a file is known. NULL: there is no memory.
static struct known_program **place_of(const struct bootfs_file *file) {
    if (!programs) {
        programs = own_alloc(bootfs_num_files() * sizeof(struct known_program *));
    }
    return programs ? &programs[file - bootfs_file(0)] : NULL;
}

error_t image_find(const char *name, const struct program **program) {
    const struct bootfs_file *file = bootfs_find(name);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    struct known_program **known = place_of(file);
    if (!known) {
        return ERR_NO_MEMORY;
    }
    error_t err = *known ? OK : read_program(file, known);
    if (IS_OK(err)) {
        *program = &(*known)->program;
    }
    return err;
}

unsigned image_find_server(const char *name) {
    const struct bootfs_file *file = bootfs_find(name);
    return file ? find_server(file) : manifest_find_server(name);
}

unsigned image_server(const struct program *program, const char *name __unused) {
    return LIST_CONTAINER(program, struct known_program, program)->server;
}

const char *image_program_name(const struct program *program) {
    return LIST_CONTAINER(program, struct known_program, program)->file->name;
}

const char *image_name(size_t index) {
    for (size_t i = 0; i < bootfs_num_files(); i++) {
        const struct bootfs_file *file = bootfs_file(i);
        if (program_is_executable(bootfs_data(file), file->len) && index-- == 0) {
            return file->name;
        }
    }
    return NULL;
}

error_t image_check(const struct program *program __unused) {
    return OK;
}

error_t image_create(const struct task *task, unsigned flags) {
    return task_create(task->tid, task->name, task->program->entry, INIT_TASK, flags);
}

/// The last page of the stack has the command line at its end.
static error_t map_cmdline(struct task *task, const char *cmdline, size_t len) {
    paddr_t paddr = memory_alloc_page(task);
    uint8_t *window = paddr ? own_open_window(paddr) : NULL;
    if (!window) {
        return ERR_NO_MEMORY;
    }
    memset(window, 0, PAGE_SIZE);
    memcpy(&window[PAGE_SIZE - USER_ARGS_LEN], cmdline, len);
    // What follows the command line is a string of its own: the directory that relative paths begin from.
    char *end = strchr((char *) &window[PAGE_SIZE - USER_ARGS_LEN], '\n');
    if (end) {
        *end = '\0';
    }
    own_close_window();
    return memory_map(task, USER_STACK_TOP - PAGE_SIZE, paddr, MAP_W);
}

error_t image_load(struct task *task, const char *cmdline, size_t len) {
    error_t err = map_cmdline(task, cmdline, len);
    return IS_OK(err) ? fault_preload(task) : err;
}

error_t image_create_stand_in(const struct task *task) {
    return task_create(task->tid, task->name, USER_IMAGE_BASE, INIT_TASK, 0);
}

void image_release(struct task *task) {
    share_forget_task(task);
    hold_keep(task);
    memory_free_all(task);
}
