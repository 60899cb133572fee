#ifndef __FILES_H__
#define __FILES_H__

/// \file
/// FAT volumes as a file system of <fs_server.h>.

#include <fs_server.h>

extern const struct fs_server files_server;

#endif
