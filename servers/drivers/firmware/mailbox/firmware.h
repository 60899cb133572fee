#ifndef __FIRMWARE_H__
#define __FIRMWARE_H__

/// \file
/// What clients may ask for (idl/mailbox.idl), in tags of the property interface.

#include <idl_server.h>

extern const struct mailbox_ops firmware_ops;

#endif
