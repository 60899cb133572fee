#ifndef __CRASH_H__
#define __CRASH_H__

/// Does what the name says, which no program survives. Returns if there is no crash of that name.
void crash(const char *name);

#endif
