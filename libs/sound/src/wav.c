#include <endian.h>
#include <sound/wav.h>
#include <string.h>

#define ID(a, b, c, d) \
    ((uint32_t) (a) | ((uint32_t) (b) << 8) | ((uint32_t) (c) << 16) | ((uint32_t) (d) << 24))

#define FORMAT_PCM        1
#define FORMAT_EXTENSIBLE 0xfffe

/// Chunks that are looked at: there are a handful in real files.
#define CHUNKS_MAX 256

struct __packed riff {
    uint32_t id;
    uint32_t len;
    uint32_t kind;
};

struct __packed chunk {
    uint32_t id;
    uint32_t len;
};

struct __packed format {
    uint16_t format;
    uint16_t channels;
    uint32_t rate;
    uint32_t bytes_per_second;
    uint16_t frame_len;
    uint16_t bits;
};

/// What follows in WAVE_FORMAT_EXTENSIBLE. The first two bytes of `guid` are the format.
struct __packed extension {
    uint16_t len;
    uint16_t valid_bits;
    uint32_t speakers;
    uint8_t guid[16];
};

/// The rest of a GUID that stands for one of the old formats.
static const uint8_t guid_rest[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                      0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};

struct file {
    wav_read_t read;
    void *file;
    uint64_t len;
    const char *why;
};

static error_t refuse(struct file *file, const char *why) {
    file->why = why;
    return ERR_NOT_ACCEPTABLE;
}

static error_t __mustuse read_at(struct file *file, uint64_t offset, void *buf, size_t len) {
    if (offset > file->len || len > file->len - offset) {
        return refuse(file, "it ends too early");
    }
    error_t err = file->read(file->file, offset, buf, len);
    if (IS_ERROR(err)) {
        file->why = "it can't be read";
    }
    return err;
}

/// Whether the samples are integers.
static error_t __mustuse check_encoding(struct file *file, uint64_t offset, uint32_t len,
                                        unsigned format) {
    if (format == FORMAT_EXTENSIBLE && len >= sizeof(struct format) + sizeof(struct extension)) {
        struct extension extension;
        error_t err = read_at(file, offset + sizeof(struct format), &extension, sizeof(extension));
        if (IS_ERROR(err)) {
            return err;
        }
        if (memcmp(extension.guid + 2, guid_rest, sizeof(guid_rest)) == 0) {
            format = extension.guid[0] | (extension.guid[1] << 8);
        }
    }
    return format == FORMAT_PCM ? OK : refuse(file, "its samples aren't plain integers (PCM)");
}

static error_t __mustuse check_numbers(struct file *file, const struct wav *wav) {
    if (wav->channels < 1 || wav->channels > WAV_CHANNELS_MAX) {
        return refuse(file, "it has no channels, or too many");
    }
    if (wav->bits != 8 && wav->bits != 16 && wav->bits != 24 && wav->bits != 32) {
        return refuse(file, "its samples haven't got 8, 16, 24 or 32 bits");
    }
    if (wav->rate == 0 || wav->frame_len != wav->channels * wav->bits / 8u) {
        return refuse(file, "its format contradicts itself");
    }
    return OK;
}

static error_t __mustuse read_format(struct file *file, uint64_t offset, uint32_t len,
                                     struct wav *wav) {
    if (len < sizeof(struct format)) {
        return refuse(file, "its format is too short");
    }
    struct format format;
    error_t err = read_at(file, offset, &format, sizeof(format));
    if (IS_OK(err)) {
        err = check_encoding(file, offset, len, from_le16(format.format));
    }
    if (IS_OK(err)) {
        wav->channels = from_le16(format.channels);
        wav->rate = from_le32(format.rate);
        wav->bits = from_le16(format.bits);
        wav->frame_len = from_le16(format.frame_len);
        err = check_numbers(file, wav);
    }
    return err;
}

/// Programs that can't go back to fill in the length leave it 0 or as large as can be: the data goes on to the
/// end of the file.
static error_t __mustuse take_data(struct file *file, uint64_t offset, uint32_t len,
                                   struct wav *wav) {
    if (wav->rate == 0) {
        return refuse(file, "its format doesn't come before its samples");
    }
    uint64_t left = file->len - offset;
    uint64_t data_len = (len == 0) ? left : MIN(len, left);
    wav->data = offset;
    wav->data_len = data_len - data_len % wav->frame_len;
    return OK;
}

static error_t __mustuse walk(struct file *file, struct wav *wav) {
    uint64_t offset = sizeof(struct riff);
    for (unsigned i = 0; i < CHUNKS_MAX; i++) {
        struct chunk chunk;
        error_t err = read_at(file, offset, &chunk, sizeof(chunk));
        if (IS_ERROR(err)) {
            return err;
        }
        uint32_t id = from_le32(chunk.id), len = from_le32(chunk.len);
        offset += sizeof(chunk);
        if (id == ID('d', 'a', 't', 'a')) {
            return take_data(file, offset, len, wav);
        }
        if (id == ID('f', 'm', 't', ' ')) {
            err = read_format(file, offset, len, wav);
            if (IS_ERROR(err)) {
                return err;
            }
        }
        // Chunks begin at even offsets.
        offset += (uint64_t) len + (len & 1);
    }
    return refuse(file, "it has no samples");
}

error_t wav_parse(wav_read_t read, void *handle, uint64_t file_len, struct wav *wav,
                  const char **why) {
    struct file file = {.read = read, .file = handle, .len = file_len, .why = ""};
    bzero(wav, sizeof(*wav));
    struct riff riff;
    error_t err = read_at(&file, 0, &riff, sizeof(riff));
    if (IS_OK(err)
        && (from_le32(riff.id) != ID('R', 'I', 'F', 'F')
            || from_le32(riff.kind) != ID('W', 'A', 'V', 'E'))) {
        err = refuse(&file, "it is no WAV file");
    }
    if (IS_OK(err)) {
        err = walk(&file, wav);
    }
    *why = file.why;
    return err;
}
