#include <config.h>
#include <fs.h>
#include <fs_path.h>
#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/malloc.h>
#include <string.h>

#include "place.h"

/// The server of `fs`; 0: not looked up yet.
static task_t vfs;

const char *fs_directory(void) {
    static char directory[USER_ARGS_LEN];
    if (directory[0] == '\0') {
        // It stands behind the command line's NUL, which is somewhere in the USER_ARGS_LEN bytes that there are.
        const char *cmdline = program_cmdline();
        size_t start = strlen(cmdline) + 1;
        bool is_there = start < USER_ARGS_LEN && cmdline[start] == '/';
        strncpy2(directory, is_there ? &cmdline[start] : "/",
                 is_there ? USER_ARGS_LEN - start : sizeof(directory));
    }
    return directory;
}

task_t fs_vfs(void) {
    if (vfs == 0) {
        task_t server = ipc_lookup("fs");
        if (IS_ERROR(server)) {
            return server;
        }
        vfs = server;
    }
    return vfs;
}

bool fs_is_gone(error_t err) {
    return err == ERR_INVALID_TASK || err == ERR_ABORTED;
}

void fs_forget_vfs(void) {
    vfs = 0;
}

/// Asks once. place->server is 0 if the file system, which `service` names then, isn't there.
static error_t ask(const char *path, struct fs_place *place, char service[VFS_SERVICE_LEN]) {
    task_t server = fs_vfs();
    if (IS_ERROR(server)) {
        return server;
    }

    char *translated;
    error_t err = call_vfs_resolve(server, path, &place->server, service, &translated);
    if (IS_ERROR(err)) {
        return err;
    }
    bool fits = strlen(translated) < sizeof(place->path);
    if (fits) {
        strncpy2(place->path, translated, sizeof(place->path));
    }
    free(translated);
    service[VFS_SERVICE_LEN - 1] = '\0';
    return fits ? OK : ERR_TOO_LARGE;
}

static error_t ask_vfs(const char *path, struct fs_place *place) {
    for (int tries = 0; tries < FS_TRIES; tries++) {
        char service[VFS_SERVICE_LEN];
        error_t err = ask(path, place, service);
        if (fs_is_gone(err)) {
            fs_forget_vfs();
            continue;
        }
        if (IS_ERROR(err) || place->server != 0) {
            return err;
        }
        // This waits for it.
        task_t server = ipc_lookup(service);
        if (IS_ERROR(server)) {
            return server;
        }
    }
    return ERR_ABORTED;
}

error_t (*fs_resolve)(const char *path, struct fs_place *place) = ask_vfs;
