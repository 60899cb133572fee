#ifndef __FORMAT_H__
#define __FORMAT_H__

/// \file
/// Sample rates, as codecs list them and as they are set: 16 bits, two channels.

#include <types.h>

/// The rate that a codec with these `rates` (PARAM_RATES) has for `wanted`: the same, the next higher one, or its
/// highest. 0: it has none that we know.
uint32_t format_choose_rate(uint32_t rates, uint32_t wanted);

/// How a stream of that rate, which format_choose_rate has returned, is described to stream and codec.
uint16_t format_of_rate(uint32_t rate);

#endif
