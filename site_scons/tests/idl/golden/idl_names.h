// Made by the IDL compiler from the .idl files: change those, not this.
#ifndef __IDL_NAMES_H__
#define __IDL_NAMES_H__

/// \file
/// IDL_MESSAGE_NAMES(item): an item(interface, method, name) for each message, without a separator
/// between them. Interface and method are those of MSG_INTERFACE and MSG_METHOD.

#define IDL_MESSAGE_NAMES(item)  \
    item(0, 1, "notifications")  \
    item(0, 8, "async")          \
    item(3, 2, "cards.config")   \
    item(3, 3, "cards.reset")    \
    item(3, 4, "cards.set")      \
    item(40, 1, "files.open")    \
    item(40, 2, "files.read")    \
    item(40, 3, "files.write")   \
    item(40, 4, "files.name")    \
    item(40, 5, "files.flush")   \
    item(40, 9, "files.changed")

#endif
