#include "format.h"

// The format of a stream (HDA specification, 3.7.1): a base rate, times something, divided by something.
#define BASE_44100    (1u << 14)
#define TIMES(n)      (((n) -1u) << 11)
#define BY(n)         (((n) -1u) << 8)
#define SAMPLES_16BIT (1u << 4)
#define CHANNELS_2    1u

/// By their bit in PARAM_RATES (7.3.4.7).
static const struct {
    uint32_t rate;
    uint16_t format;
} rates[] = {
    {8000, BY(6)},
    {11025, BASE_44100 | BY(4)},
    {16000, BY(3)},
    {22050, BASE_44100 | BY(2)},
    {32000, TIMES(2) | BY(3)},
    {44100, BASE_44100},
    {48000, 0},
    {88200, BASE_44100 | TIMES(2)},
    {96000, TIMES(2)},
    {176400, BASE_44100 | TIMES(4)},
    {192000, TIMES(4)},
};

#define NUM_RATES (sizeof(rates) / sizeof(rates[0]))

uint32_t format_choose_rate(uint32_t supported, uint32_t wanted) {
    uint32_t highest = 0;
    for (unsigned i = 0; i < NUM_RATES; i++) {
        if (!(supported & (1u << i))) {
            continue;
        }
        highest = rates[i].rate;
        if (highest >= wanted) {
            break;
        }
    }
    return highest;
}

uint16_t format_of_rate(uint32_t rate) {
    unsigned i = 0;
    while (i < NUM_RATES - 1 && rates[i].rate != rate) {
        i++;
    }
    return rates[i].format | SAMPLES_16BIT | CHANNELS_2;
}
