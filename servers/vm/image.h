#ifndef __VM_IMAGE_H__
#define __VM_IMAGE_H__

/// \file
/// The programs that there are, and how the kernel's task becomes one of them. With an MMU, programs
/// are ELF files in bootfs, mapped page by page (image.c). Without, they lie where the build has put
/// them (image_nommu.c).

#include "manifest_reader.h"
#include "task.h"

/// \param program  Set to the program of that name.
/// \return  ERR_NOT_FOUND, ERR_INVALID_ARG (it is malformed), ERR_NO_MEMORY.
error_t image_find(const char *name, const struct program **program) __mustuse;

/// \return  Its name, which lasts for ever.
const char *image_program_name(const struct program *program);

/// \return  The number of the manifest's entry that stands for the program of that name, or MANIFEST_NONE. A command
///          has that of its program.
#ifdef CONFIG_MMU
unsigned image_find_server(const char *name);
#else
static inline unsigned image_find_server(const char *name) {
    return manifest_find_server(name);
}
#endif

/// The same of the program `name` that image_find has found. What was found once is known.
#ifdef CONFIG_MMU
unsigned image_server(const struct program *program, const char *name);
#else
static inline unsigned image_server(const struct program *program __unused, const char *name) {
    return manifest_find_server(name);
}
#endif

/// \param index  Counts programs from 0 on.
/// \return  The name, NULL if there are no more.
const char *image_name(size_t index);

/// Whether a task can become that program now. Tells in the log why not.
/// \return  ERR_IN_USE: its RAM belongs to a task that runs.
error_t image_check(const struct program *program) __mustuse;

/// Creates the kernel's task for `task`, whose program is set, with the rights `flags`. It doesn't run
/// before it is loaded and scheduled.
error_t image_create(const struct task *task, unsigned flags) __mustuse;

/// Puts the command line of `len` characters, less than USER_ARGS_LEN, where the new task finds it, and
/// gives the task what memory it needs to begin.
error_t image_load(struct task *task, const char *cmdline, size_t len) __mustuse;

/// Creates a task that never runs, to use up an ID. ERR_ALREADY_EXISTS if it is used already.
error_t image_create_stand_in(const struct task *task) __mustuse;

/// Frees all that a task had, which the kernel has destroyed.
void image_release(struct task *task);

#endif
