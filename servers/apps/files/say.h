#ifndef __SAY_H__
#define __SAY_H__

/// \file
/// What went wrong, in the form "cat: /x: no such file or directory".

#include <fs_path.h>
#include <types.h>

/// The name of the command that runs.
extern const char *command_name;

/// Says it, if it is an error. Returns whether all is well.
bool say(const char *path, error_t err);
void say_text(const char *path, const char *text);

/// Puts a name behind the path of a directory. Returns whether that fits; says so if it doesn't.
bool join(const char *directory, const char *name, char path[FS_PATH_LEN]);

/// Before the contents of a directory are gone through, and after that: the stack has room for so many directories within
/// each other. Returns false, and says so, at the last one.
bool enter(const char *path);
void leave(void);

/// Whether a path leads to a directory.
bool is_directory(const char *path);

#endif
