#ifndef __MANIFEST_H__
#define __MANIFEST_H__

/// \file
/// A board manifest as vm reads it: the build checks boards/<board>/board.toml, resolves its names
/// and patterns, and writes this form into bootfs (site_scons/resea/manifest.py). Little endian.
///
///     struct manifest_header
///     struct manifest_server [num_servers]     number i is what GRANT_SERVER and GRANT_CALL use
///     struct manifest_grant [num_grants]
///     struct manifest_service [num_services]

#include <kernel_abi.h>
#include <types.h>

#define MANIFEST_MAGIC    0x464d5352  // "RSMF"
#define MANIFEST_VERSION  1
#define MANIFEST_NAME_LEN 32

/// Server 0 is vm. No other entry has its rights.
#define MANIFEST_VM 0
/// `default_server` when the manifest has no [app_default].
#define MANIFEST_NONE 0xffff

enum manifest_restart {
    RESTART_NEVER = 0,
    RESTART_ON_CRASH = 1,  ///< Not when it exits with status 0.
    RESTART_ALWAYS = 2,
};

struct manifest_header {
    uint32_t magic;
    uint16_t version;
    uint16_t num_servers;
    uint16_t num_grants;
    uint16_t num_services;
    /// Which entry stands for programs in bootfs that have none of their own ([app_default]).
    uint16_t default_server;
    uint16_t reserved;
};

struct manifest_server {
    char name[MANIFEST_NAME_LEN];  ///< Also the program's name in bootfs.
    uint32_t task_flags;           ///< TASK_RIGHT_*
    uint8_t autostart;             ///< Started at boot, in the order of the table.
    uint8_t priority;              ///< 0 … TASK_PRIORITY_MAX
    uint8_t restart;               ///< enum manifest_restart
    uint8_t reserved;
    uint16_t restart_max;  ///< Restarts before vm gives up; 0: no limit.
    uint16_t backoff_ms;   ///< Before the first restart; doubles each time, up to 64 times.
    uint16_t first_grant, num_grants;
    uint16_t first_service, num_services;  ///< Names it may ipc_serve.
    uint32_t max_pages;                    ///< Memory limit in pages; 0: none.
    /// Bit n: may call server n.
    uint32_t may_call[NUM_SERVERS_MAX / 32];
} __aligned(8);  // As the grants behind the servers are.

/// An IRQ, port or MMIO range of a server's devices.
struct manifest_grant {
    uint32_t kind;  ///< GRANT_IRQ, GRANT_PORTS or GRANT_MMIO
    uint32_t reserved;
    uint64_t base;
    uint64_t len;
};

struct manifest_service {
    char name[MANIFEST_NAME_LEN];
};

#endif
