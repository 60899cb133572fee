#ifndef __ARCH_TYPES_H__
#define __ARCH_TYPES_H__

/// \file
/// What the kernel and programs must agree on for ARMv6-M. There is no MMU: all share one address
/// space, and programs run in place from flash. Where each of them lies is the build's to decide (see
/// <program_table.h> and docs/memory-map.md); within its RAM a program has, from below,
///
///     ram_base               STACK_GUARD_WORDS words that never change
///                            the stack, grows down towards them
///                            the last USER_ARGS_LEN bytes of the stack: the command line
///     ram_base + stack_len   data, bss, heap
///     ram_base + ram_len

/// What memory is handed out and protected in, elsewhere. Here it is only the unit in which flash is
/// erased (nRF51 Series Reference Manual 3.0, chapter 6 "Non-Volatile Memory Controller").
#define PAGE_SIZE    1024
#define MESSAGE_SIZE 64
/// What the header of an executable for this machine says (e_machine).
#define ELF_MACHINE 40

#define USER_ARGS_LEN 64
/// memcpy and memset are in ../common/memory.S.
#define ARCH_HAS_MEMCPY
/// Server numbers are below this: a bit of each costs RAM in every task.
#define NUM_SERVERS_MAX 32

#endif
