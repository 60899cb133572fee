#include "error_names.h"

#define NAME(err) [-(err)] = #err

static const char *const names[] = {
    NAMES_OF_ALL_BOARDS,
};

const char *error_name(error_t err) {
    return error_name_in(names, sizeof(names) / sizeof(names[0]), err);
}
