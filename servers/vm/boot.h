#ifndef __VM_BOOT_H__
#define __VM_BOOT_H__

/// \file
/// Takes stock of what the kernel and the build have left for vm: memory, programs, the manifest. With
/// an MMU, that is boot.c; without, boot_nommu.c.

/// Prepares all of vm, but starts nothing. Stops vm, and with it the system, if anything is missing.
void boot(void);

#endif
