#include <blk/client.h>
#include <resea/ctype.h>
#include <string.h>

error_t blk_service_of(const char *unit_name, char service[BLK_SERVICE_LEN]) {
    size_t len = 0;
    while (len < BLK_NAME_LEN && unit_name[len] >= 'a' && unit_name[len] <= 'z') {
        len++;
    }
    if (len == 0 || strlen(unit_name) >= BLK_NAME_LEN || !isdigit(unit_name[len])) {
        return ERR_INVALID_ARG;
    }
    strncpy2(service, "blk.", BLK_SERVICE_LEN);
    memcpy(&service[4], unit_name, len);
    service[4 + len] = '\0';
    return OK;
}
