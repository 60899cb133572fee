#include "source.h"

#include <fs.h>
#include <resea/malloc.h>
#include <resea/printf.h>

static const char *name;
static struct fs_file file;
static uint64_t position;

static error_t complain(const char *why, error_t err) {
    printf("play: %s: %s\n", name, why);
    return err;
}

static error_t __mustuse read_exactly(void *context __unused, uint64_t offset, void *buf,
                                      size_t len) {
    size_t done;
    error_t err = fs_read_into(&file, offset, buf, len, &done);
    return (IS_OK(err) && done < len) ? ERR_END : err;
}

/// Looks what is in the open file.
static error_t __mustuse look(struct wav *wav) {
    struct fs_info info;
    error_t err = fs_fstat(&file, &info);
    if (IS_ERROR(err)) {
        return complain(fs_error_text(err), err);
    }
    if (info.type != FS_TYPE_FILE) {
        return complain("it is a directory", ERR_NOT_ACCEPTABLE);
    }
    const char *why;
    err = wav_parse(read_exactly, NULL, info.size, wav, &why);
    return IS_ERROR(err) ? complain(why, err) : OK;
}

error_t source_open(const char *path, struct wav *wav) {
    name = path;
    position = 0;
    error_t err = fs_open(path, &file);
    if (IS_ERROR(err)) {
        return complain(fs_error_text(err), err);
    }
    err = look(wav);
    if (IS_ERROR(err)) {
        source_close();
    }
    return err;
}

int source_read(const struct wav *wav, struct frame *frames, size_t max) {
    uint64_t left = (wav->data_len - position) / wav->frame_len;
    size_t num = (size_t) MIN(left, MIN(max, FS_TRANSFER_MAX / wav->frame_len));
    if (num == 0) {
        return 0;
    }
    void *data;
    size_t data_len;
    error_t err = fs_read(&file, wav->data + position, num * wav->frame_len, &data, &data_len);
    if (IS_ERROR(err)) {
        return complain(fs_error_text(err), err);
    }
    size_t got = MIN(data_len / wav->frame_len, num);
    sound_decode(wav, data, got, frames);
    free(data);
    position += got * wav->frame_len;
    return (int) got;
}

void source_close(void) {
    fs_close(&file);
}
