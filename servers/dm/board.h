#ifndef __DM_BOARD_H__
#define __DM_BOARD_H__

/// \file
/// The devices of the board's manifest, which its servers have from vm.

#include <message.h>

size_t board_num_devices(void);

/// \param index  Below board_num_devices().
void board_describe(size_t index, struct dm_device_reply_fields *reply);

#endif
