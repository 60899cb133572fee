#ifndef __ENDIAN_H__
#define __ENDIAN_H__

/// \file
/// Byte orders: `ntoh`/`hton` for network (big endian) integers, `into_le`/`from_le` for little
/// endian ones.

#include <types.h>

#define swap16(value) __builtin_bswap16(value)
#define swap32(value) __builtin_bswap32(value)
#define swap64(value) __builtin_bswap64(value)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#    define __NATIVE_LE(bits, value) ((uint##bits##_t)(value))
#    define __NATIVE_BE(bits, value) swap##bits(value)
#else
#    define __NATIVE_LE(bits, value) swap##bits(value)
#    define __NATIVE_BE(bits, value) ((uint##bits##_t)(value))
#endif

static inline uint16_t ntoh16(uint16_t value) {
    return __NATIVE_BE(16, value);
}

static inline uint32_t ntoh32(uint32_t value) {
    return __NATIVE_BE(32, value);
}

static inline uint64_t ntoh64(uint64_t value) {
    return __NATIVE_BE(64, value);
}

static inline uint16_t hton16(uint16_t value) {
    return __NATIVE_BE(16, value);
}

static inline uint32_t hton32(uint32_t value) {
    return __NATIVE_BE(32, value);
}

static inline uint64_t hton64(uint64_t value) {
    return __NATIVE_BE(64, value);
}

static inline uint16_t into_le16(uint16_t value) {
    return __NATIVE_LE(16, value);
}

static inline uint32_t into_le32(uint32_t value) {
    return __NATIVE_LE(32, value);
}

static inline uint64_t into_le64(uint64_t value) {
    return __NATIVE_LE(64, value);
}

static inline uint16_t from_le16(uint16_t value) {
    return __NATIVE_LE(16, value);
}

static inline uint32_t from_le32(uint32_t value) {
    return __NATIVE_LE(32, value);
}

static inline uint64_t from_le64(uint64_t value) {
    return __NATIVE_LE(64, value);
}

#endif
