#ifndef __SOUND_WAV_H__
#define __SOUND_WAV_H__

/// \file
/// WAV files ("Multimedia Programming Interface and Data Specifications 1.0", IBM and Microsoft 1991; RFC
/// 2361 for the numbers of formats): integer samples (PCM), also as WAVE_FORMAT_EXTENSIBLE.

#include <types.h>

#define WAV_CHANNELS_MAX 8

struct wav {
    uint32_t rate;       ///< Frames per second, 1 or more.
    uint16_t channels;   ///< 1 … WAV_CHANNELS_MAX
    uint16_t bits;       ///< Of a sample: 8 (unsigned), 16, 24 or 32 (signed, little-endian).
    uint32_t frame_len;  ///< Bytes of a sample of each channel.
    uint64_t data;       ///< Where in the file the samples begin.
    uint64_t data_len;   ///< In bytes, whole frames, all of them inside the file.
};

/// Reads `len` bytes of a file from `offset` on; an error unless there are that many.
typedef error_t (*wav_read_t)(void *file, uint64_t offset, void *buf, size_t len);

/// Looks at a file of `file_len` bytes. ERR_NOT_ACCEPTABLE: it is no WAV file, or not one of those formats; *why tells
/// what is wrong. Errors of `read`; *why is "it can't be read" then.
error_t __mustuse wav_parse(wav_read_t read, void *file, uint64_t file_len, struct wav *wav,
                            const char **why);

#endif
