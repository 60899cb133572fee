#ifndef __NOMMU_CONFIG_H__
#define __NOMMU_CONFIG_H__

/// \file
/// The build's options, but for a machine without an MMU and with one CPU.

#include_next <config.h>

#undef CONFIG_MMU
#undef CONFIG_BACKTRACE
#undef CONFIG_TRACE
#undef CONFIG_NUM_CPUS
#undef CONFIG_NUM_TASKS
#undef CONFIG_NUM_IRQS
#undef CONFIG_OOL_MAX
#undef CONFIG_CONSOLE_CHUNK
#define CONFIG_NUM_CPUS      1
#define CONFIG_NUM_TASKS     12
#define CONFIG_NUM_IRQS      32
#define CONFIG_OOL_MAX       256
#define CONFIG_CONSOLE_CHUNK 16

#endif
