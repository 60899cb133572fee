#include <fs_path.h>
#include <fs_server.h>
#include <string.h>

static struct fs_volume *volumes;

struct fs_volume *fs_volumes_find(const char *name) {
    struct fs_volume *volume = volumes;
    while (volume && strcmp(volume->name, name) != 0) {
        volume = volume->next;
    }
    return volume;
}

struct fs_volume *fs_volumes_at(uint64_t index) {
    struct fs_volume *volume = volumes;
    for (; volume && index > 0; index--) {
        volume = volume->next;
    }
    return volume;
}

void fs_volumes_add(struct fs_volume *volume, const char *name) {
    strncpy2(volume->name, name, sizeof(volume->name));
    volume->opens = 0;
    volume->next = volumes;
    volumes = volume;
}

void fs_volumes_remove(struct fs_volume *volume) {
    struct fs_volume **link = &volumes;
    while (*link != volume) {
        link = &(*link)->next;
    }
    *link = volume->next;
}

error_t fs_volumes_resolve(const char *path, struct fs_target *target) {
    target->volume = NULL;
    error_t err = fs_path_canonical(NULL, path, target->canonical);
    if (IS_ERROR(err)) {
        return err;
    }
    target->rest = target->canonical;
    if (target->canonical[1] == '\0') {
        return OK;
    }
    char name[FS_VOLUME_LEN];
    target->rest = fs_path_volume(target->canonical, name);
    target->volume = target->rest ? fs_volumes_find(name) : NULL;
    return target->volume ? OK : ERR_NOT_FOUND;
}
