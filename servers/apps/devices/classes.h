#ifndef __DEVICES_CLASSES_H__
#define __DEVICES_CLASSES_H__

#include <types.h>

/// What a PCI device of that class is, in a few words.
/// \param class  class << 16 | subclass << 8 | interface
const char *class_name(uint32_t class);

#endif
