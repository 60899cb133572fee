#ifndef __PATH_H__
#define __PATH_H__

#include "codec.h"

/// Finds a way from the pin, codec->widgets[pin], to a converter for analogue or digital output. False: there is none.
bool path_find(const struct codec *codec, unsigned pin, struct path *path);

#endif
