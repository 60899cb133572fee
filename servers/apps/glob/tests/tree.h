#ifndef __TREE_H__
#define __TREE_H__

/// \file
/// A few files for tests: /a.txt /b.txt /.hidden /dir/ /dir/x.c /dir/y.c "/dir/with space" /dir2/ /dir2/x.c "/it's".

#include "../expand.h"

/// The strings, with | behind each. Frees them.
const char *joined(struct strings *strings);
/// The text. Frees it.
const char *taken(struct text *text);

#endif
