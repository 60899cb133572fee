#include "source.h"

#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

static const char *name;
static task_t fs;
static handle_t file;
static uint64_t position;

static error_t complain(const char *why, error_t err) {
    printf("play: %s: %s\n", name, why);
    return err;
}

static error_t __mustuse read_exactly(void *context __unused, uint64_t offset, void *buf,
                                      size_t len) {
    void *data;
    size_t data_len;
    error_t err = call_fs_read(fs, file, offset, len, &data, &data_len);
    if (IS_ERROR(err)) {
        return err;
    }
    if (data_len == len) {
        memcpy(buf, data, len);
    }
    free(data);
    return (data_len == len) ? OK : ERR_END;
}

error_t source_open(const char *path, struct wav *wav) {
    name = path;
    fs = ipc_lookup("fs");
    size_t size;
    enum fs_type type;
    bool read_only;
    uint64_t mtime;
    error_t err = IS_OK(fs) ? call_fs_stat(fs, path, &size, &type, &read_only, &mtime) : fs;
    if (IS_OK(err)) {
        err = call_fs_open(fs, path, &file);
    }
    if (IS_ERROR(err)) {
        return complain(err == ERR_NOT_FOUND ? "no such file" : error_name(err), err);
    }
    const char *why;
    err = wav_parse(read_exactly, NULL, size, wav, &why);
    if (IS_ERROR(err)) {
        source_close();
        return complain(why, err);
    }
    position = 0;
    return OK;
}

int source_read(const struct wav *wav, struct frame *frames, size_t max) {
    uint64_t left = (wav->data_len - position) / wav->frame_len;
    size_t num = (size_t) MIN(left, MIN(max, FS_TRANSFER_MAX / wav->frame_len));
    if (num == 0) {
        return 0;
    }
    void *data;
    size_t data_len;
    error_t err =
        call_fs_read(fs, file, wav->data + position, num * wav->frame_len, &data, &data_len);
    if (IS_ERROR(err)) {
        return complain(error_name(err), err);
    }
    size_t got = MIN(data_len / wav->frame_len, num);
    sound_decode(wav, data, got, frames);
    free(data);
    position += got * wav->frame_len;
    return (int) got;
}

void source_close(void) {
    OOPS_OK(call_fs_close(fs, file));
}
