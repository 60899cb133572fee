#ifndef __VOLUME_H__
#define __VOLUME_H__

/// \file
/// A mounted volume and what is open on it, as the parts of this library see them.

#include <fat.h>

/// What is written of the cache's blocks, in the order of a commit (commit.c).
enum {
    CLASS_STATE,      ///< The boot sector: is the volume clean?
    CLASS_INFO,       ///< FSInfo.
    CLASS_TABLE,      ///< The file allocation table.
    CLASS_DIRECTORY,  ///< Directories, the root directory too.
};

#define FIRST_CLUSTER 2
#define ENTRY_LEN     32
/// A directory has at most this many entries (the specification: 2 MiB).
#define ENTRIES_MAX 65536

/// Clusters that are to be freed at the end of the next commit: what refers to them must be gone from the disk first.
struct pending_free {
    uint32_t first;  ///< All of a chain; or
    uint32_t keep;   ///< all behind this cluster. The other one is 0.
};

#define PENDING_MAX 64

struct fat {
    struct blkcache *cache;
    uint64_t (*now)(void);
    bool read_only;

    unsigned bits;
    uint32_t cluster_bytes;
    unsigned cluster_shift;
    uint32_t num_clusters;  ///< They are numbered from FIRST_CLUSTER.
    // Places are in bytes from the volume's start.
    uint64_t table;       ///< The table that counts.
    uint64_t data;        ///< The first cluster.
    uint64_t fixed_root;  ///< FAT12, FAT16: the root directory.
    uint32_t fixed_root_entries;
    uint32_t root_cluster;  ///< FAT32.
    uint64_t info;          ///< FSInfo; 0: there is none.
    uint64_t state;         ///< The byte that says whether the volume is clean.
    char label[12];

    bool is_marked;  ///< It says on the disk that the volume isn't clean.
    bool
        was_dirty;  ///< It said so when it was mounted: nobody has repaired it, and we don't say otherwise.
    bool is_changed;  ///< Since the last sync.
    uint32_t hint;    ///< Where the search for a free cluster goes on.
    uint32_t num_free;
    bool num_free_known;    ///< Perhaps from FSInfo, a hint.
    bool num_free_counted;  ///< It is no hint.
    unsigned num_lost;  ///< Chains that couldn't be freed, as the table was damaged or unreadable.

    struct pending_free pending[PENDING_MAX];
    unsigned num_pending;
    struct fat_node *nodes;
};

/// Of a chain: clusters that lie one behind the other.
struct run {
    uint32_t index;  ///< The first one's place in the chain.
    uint32_t cluster;
    uint32_t count;
};

#define RUNS_MAX 8

struct fat_node {
    struct fat *fat;
    struct fat_node *next;
    unsigned refs;
    bool is_directory;
    bool read_only;
    bool is_dirty;      ///< Its entry has to be written: size, first cluster, time.
    bool is_unflushed;  ///< It was changed since the last commit.
    error_t error;      ///< Of a write in the background; OK if there was none, or it was told.

    uint32_t directory;  ///< Whose entry it is: the first cluster, 0 for the root directory.
    uint32_t index;      ///< The entry's number in it; NO_INDEX: this is the root directory.
    uint32_t first;      ///< The number of the first entry of its long name, or `index`.
    uint64_t place;      ///< Of the entry.
    uint32_t start;      ///< The first cluster; 0: it has none, or is the root directory.
    uint32_t size;
    uint64_t mtime;

    uint64_t next_offset;  ///< Where a sequential reader goes on.
    // What is known of its chain: its first runs, and a later one.
    struct run runs[RUNS_MAX];
    unsigned num_runs;
    struct run later;
};

#define NO_INDEX UINT32_MAX

static inline uint16_t get16(const uint8_t *p) {
    return (uint16_t) (p[0] | p[1] << 8);
}

static inline uint32_t get32(const uint8_t *p) {
    return (uint32_t) get16(p) | (uint32_t) get16(p + 2) << 16;
}

static inline void put16(uint8_t *p, uint32_t value) {
    p[0] = (uint8_t) value;
    p[1] = (uint8_t) (value >> 8);
}

static inline void put32(uint8_t *p, uint32_t value) {
    put16(p, value);
    put16(p + 2, value >> 16);
}

static inline bool is_cluster(const struct fat *fat, uint32_t cluster) {
    return cluster >= FIRST_CLUSTER && cluster - FIRST_CLUSTER < fat->num_clusters;
}

/// Where a cluster is on the device.
static inline uint64_t place_of(const struct fat *fat, uint32_t cluster) {
    return fat->data + ((uint64_t) (cluster - FIRST_CLUSTER) << fat->cluster_shift);
}

/// How many clusters so many bytes take.
static inline uint32_t clusters_of(const struct fat *fat, uint64_t bytes) {
    return (uint32_t) ((bytes + fat->cluster_bytes - 1) >> fat->cluster_shift);
}

#endif
