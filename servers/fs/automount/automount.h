#ifndef __AUTOMOUNT_H__
#define __AUTOMOUNT_H__

/// \file
/// Finds the units of all drivers of block devices, and mounts each at a directory with its name.

/// Goes through all services whose names begin with "blk.", and waits for those that are about to start. A driver that
/// doesn't answer holds up only this task, and who waits for its end.
/// \param file_systems  Services, separated by spaces: the first that knows a unit has it.
void automount(const char *file_systems);

#endif
