#ifndef __FILES_H__
#define __FILES_H__

/// \file
/// The messages of files for those who don't ask the file systems themselves: they are passed on.

#include <types.h>

struct fs_ops;

extern const struct fs_ops files_ops;

void files_init(void);
/// A client has ended: closes what it had open.
void files_forget(task_t client);

#endif
