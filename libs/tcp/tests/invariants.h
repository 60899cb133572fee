#ifndef __INVARIANTS_H__
#define __INVARIANTS_H__

/// \file
/// What always holds between two calls into TCP. Ends the program if it doesn't.

void invariants_check(void);

#endif
