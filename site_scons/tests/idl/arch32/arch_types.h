#ifndef __ARCH_TYPES_H__
#define __ARCH_TYPES_H__

// The smallest machine that the interfaces must fit.
#define PAGE_SIZE    1024
#define MESSAGE_SIZE 64

#endif
