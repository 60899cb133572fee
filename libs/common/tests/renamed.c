// The sources under test, with the names that renamed.h declares.

#define strlen   resea_strlen
#define strnlen  resea_strnlen
#define strcmp   resea_strcmp
#define strncmp  resea_strncmp
#define strchr   resea_strchr
#define strrchr  resea_strrchr
#define strstr   resea_strstr
#define atoi     resea_atoi
#define memcmp   resea_memcmp
#define memcpy   resea_memcpy
#define memmove  resea_memmove
#define memset   resea_memset
#define bzero    resea_bzero
#define strncpy2 resea_strncpy2

#define vsnprintf resea_vsnprintf
#define snprintf  resea_snprintf

#define UBSAN_HANDLER(name) tested_##name

#include "../src/string.c"
#include "../src/ubsan.c"
#include "../src/vprintf.c"
