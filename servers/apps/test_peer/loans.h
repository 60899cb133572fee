#ifndef __LOANS_H__
#define __LOANS_H__

/// \file
/// Calls that lend pages: loans.c where there is an MMU, no_loans.c where nobody can.

#include <message.h>

void loans_init(void);
/// Answers a message that has to do with loans. False: it has not.
bool loans_handle(struct message *m);

#endif
