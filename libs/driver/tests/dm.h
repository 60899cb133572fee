#ifndef __DM_H__
#define __DM_H__

/// \file
/// The device manager of the tests of <driver/pci.h>.

#include <message.h>

#define DM_TASK 7

/// What it answers.
error_t dm_answer(struct message *m);

#endif
