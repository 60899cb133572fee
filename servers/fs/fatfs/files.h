#ifndef __FILES_H__
#define __FILES_H__

/// \file
/// What clients ask for (idl/fs.idl).

#include <idl_server.h>

extern const struct fs_ops files_ops;

/// A client has ended: closes what it had open.
void files_forget(task_t client);

#endif
