#ifndef __IDENTIFY_H__
#define __IDENTIFY_H__

#include <blk/server.h>
#include <types.h>

#define IDENTIFY_WORDS 256

struct identity {
    uint64_t num_sectors;
    uint32_t sector_size;
    bool lba48;
    bool dma;    ///< It can, and a mode has been chosen: by the firmware, which knows the cable.
    bool flush;  ///< It has a cache, and FLUSH CACHE.
    bool flush_ext;  ///< FLUSH CACHE EXT as well.
    char model[BLK_LABEL_LEN];
};

/// What a disk has answered to IDENTIFY DEVICE. ERR_NOT_ACCEPTABLE: it isn't one that can be used: no ATA disk, without LBA,
/// without sectors, or with sectors of an odd size.
error_t __mustuse identify_parse(const uint16_t words[IDENTIFY_WORDS], struct identity *identity);

#endif
