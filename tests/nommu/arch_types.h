#ifndef __ARCH_TYPES_H__
#define __ARCH_TYPES_H__

/// \file
/// Sizes of the simulated machine (see machine.h).

#define PAGE_SIZE       1024
#define MESSAGE_SIZE    256
#define ELF_MACHINE     0
#define USER_ARGS_LEN   64
#define NUM_SERVERS_MAX 32

#endif
