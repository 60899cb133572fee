#ifndef __PLACE_H__
#define __PLACE_H__

/// \file
/// Whom to ask.

#include <fs.h>

/// How often something is tried whose server ends meanwhile.
#define FS_TRIES 4

/// The server of `fs`, or an error.
task_t fs_vfs(void);
/// It has turned out to be gone.
void fs_forget_vfs(void);

/// Whether an error says that the server has ended.
bool fs_is_gone(error_t err);

#endif
