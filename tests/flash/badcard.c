// Makes a file behave like a card that is broken, in the process it is loaded into (LD_PRELOAD):
//
//     RESEA_CARD=PATH         which file; others are left alone
//     RESEA_FLIP=OFFSET       a bit is another one when the data has reached the card (fsync)
//     RESEA_EIO=OFFSET        writing there fails
//     RESEA_INTERRUPT=OFFSET  Ctrl-C is typed as soon as this is written: the whole group gets it

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fsync(int fd);
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset);

/// Whether a file is the card.
static bool is_card(int fd) {
    char link[64], path[PATH_MAX] = "";
    const char *card = getenv("RESEA_CARD");
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return card && readlink(link, path, sizeof(path) - 1) > 0 && strcmp(path, card) == 0;
}

/// The offset that a variable has; none for other files than the card.
static int64_t place(int fd, const char *name) {
    const char *text = getenv(name);
    return text && is_card(fd) ? (int64_t) strtoull(text, NULL, 0) : -1;
}

static ssize_t real_pwrite(int fd, const void *data, size_t len, off64_t offset) {
    ssize_t (*next)(int, const void *, size_t, off64_t) =
        (ssize_t(*)(int, const void *, size_t, off64_t)) dlsym(RTLD_NEXT, "pwrite64");
    return next(fd, data, len, offset);
}

// What is flipped stays flipped: the last fsync is the one behind the last block.
static int64_t flipped_byte = -1;

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) {
    int64_t flip = place(fd, "RESEA_FLIP"), error = place(fd, "RESEA_EIO");
    int64_t interrupt = place(fd, "RESEA_INTERRUPT");
    if (error >= offset && error < offset + (int64_t) len) {
        errno = EIO;
        return -1;
    }
    if (flip >= offset && flip < offset + (int64_t) len) {
        flipped_byte = ((const uint8_t *) data)[flip - offset] ^ 1;
    }
    if (interrupt >= offset && interrupt < offset + (int64_t) len) {
        kill(0, SIGINT);
    }
    return real_pwrite(fd, data, len, offset);
}

int fsync(int fd) {
    int (*next)(int) = (int (*)(int)) dlsym(RTLD_NEXT, "fsync");
    uint8_t byte = (uint8_t) flipped_byte;
    if (flipped_byte >= 0 && is_card(fd)) {
        real_pwrite(fd, &byte, 1, place(fd, "RESEA_FLIP"));
    }
    return next(fd);
}
