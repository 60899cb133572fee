#ifndef __FILES_H__
#define __FILES_H__

/// \file
/// The messages of files.

#include <types.h>

struct fs_ops;

extern const struct fs_ops files_ops;

/// A client has ended: closes what it had open.
void files_forget(task_t client);

#endif
