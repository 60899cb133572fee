// Made by the IDL compiler from the .idl files: change those, not this.
#ifndef __IDL_NAMES_H__
#define __IDL_NAMES_H__

/// \file
/// The names of all messages, as a table of its own for whoever includes this. Interface and method are
/// those of MSG_INTERFACE and MSG_METHOD.

#include <types.h>

struct idl_message_name {
    uint16_t interface;
    uint16_t method;
    const char *name;
};

// clang-format off
static const struct idl_message_name idl_message_names[] = {
    {0, 1, "notifications"},
    {0, 8, "async"},
    {3, 2, "cards.config"},
    {3, 3, "cards.reset"},
    {3, 4, "cards.set"},
    {40, 1, "files.open"},
    {40, 2, "files.read"},
    {40, 3, "files.write"},
    {40, 4, "files.name"},
    {40, 5, "files.flush"},
    {40, 6, "files.write_pages"},
    {40, 7, "files.read_pages"},
    {40, 9, "files.changed"},
};
// clang-format on

#endif
