#include <error_name.h>
#include <fs.h>

static const struct {
    error_t err;
    const char *text;
} texts[] = {
    {ERR_NOT_FOUND, "no such file or directory"},
    {ERR_ALREADY_EXISTS, "exists already"},
    {ERR_IO, "the disk has failed, or is damaged"},
    {ERR_NO_SPACE, "no space is left"},
    {ERR_NOT_PERMITTED, "can't be written to"},
    {ERR_INVALID_ARG, "not a valid path or name"},
    {ERR_NOT_ACCEPTABLE, "not the right kind of file"},
    {ERR_TOO_LARGE, "too long or too large"},
    {ERR_IN_USE, "in use"},
    {ERR_NO_MEMORY, "out of memory"},
    {ERR_UNAVAILABLE, "the file system isn't there"},
    {ERR_ABORTED, "the file system has ended"},
};

const char *fs_error_text(error_t err) {
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].err == err) {
            return texts[i].text;
        }
    }
    return error_name(err);
}
