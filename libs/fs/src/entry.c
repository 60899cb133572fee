#include <fs.h>
#include <string.h>

bool fs_entries_add(void *buf, size_t buf_len, size_t *len, const struct fs_entry *info,
                    const char *name, size_t name_len) {
    if (name_len > FS_NAME_MAX || buf_len - *len < sizeof(*info) + name_len) {
        return false;
    }

    uint8_t *dst = (uint8_t *) buf + *len;
    struct fs_entry entry = *info;
    entry.name_len = (uint16_t) name_len;
    memcpy(dst, &entry, sizeof(entry));
    memcpy(&dst[sizeof(entry)], name, name_len);
    *len += sizeof(entry) + name_len;
    return true;
}

static bool is_valid_name(const char *name, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '\0' || name[i] == '/') {
            return false;
        }
    }
    bool leads_elsewhere = name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
    return !leads_elsewhere;
}

const struct fs_entry *fs_entries_next(const void *list, size_t list_len, size_t *offset) {
    if (*offset > list_len || list_len - *offset < sizeof(struct fs_entry)) {
        return NULL;
    }

    const struct fs_entry *entry = (const void *) ((const uint8_t *) list + *offset);
    size_t name_len = entry->name_len;
    if (name_len == 0 || name_len > FS_NAME_MAX
        || name_len > list_len - *offset - sizeof(struct fs_entry)
        || !is_valid_name(entry->name, name_len)) {
        return NULL;
    }
    *offset += sizeof(struct fs_entry) + name_len;
    return entry;
}
