#ifndef __LOOK_H__
#define __LOOK_H__

/// \file
/// A look at lent pages: look.c where there is an MMU, no_look.c where nobody can lend any.

#include <message.h>

void look_init(void);
/// Makes its answer of a benchmark.look. False: it is something else.
bool look_handle(struct message *m);

#endif
