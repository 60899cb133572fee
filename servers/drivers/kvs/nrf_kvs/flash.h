#ifndef __FLASH_H__
#define __FLASH_H__

#include <kvstore.h>

/// The pages are the last ones of the flash, as many as the manifest's device for them has (2 to 32).
/// ERR_NOT_PERMITTED: the manifest doesn't give us the flash or its controller.
error_t flash_init(struct kvstore_flash *flash);

#endif
