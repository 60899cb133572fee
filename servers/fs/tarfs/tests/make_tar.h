#ifndef __MAKE_TAR_H__
#define __MAKE_TAR_H__

/// \file
/// Makes tarballs for tests.

#include <types.h>

#define TAR_BLOCK 512

struct tarball {
    uint8_t *bytes;
    size_t len;
};

/// Begins a new one.
void make_begin(struct tarball *tarball);
/// Adds a header and contents; returns the header, to be spoilt. make_sign() makes it valid again.
uint8_t *make_add(struct tarball *tarball, const char *name, char type, const void *data,
                  size_t len);
uint8_t *make_add_file(struct tarball *tarball, const char *name, const char *text);
/// Adds a pax header with one record.
void make_add_pax(struct tarball *tarball, const char *key, const char *value);
/// Writes the checksum of a header.
void make_sign(uint8_t *header);
/// Adds the two blocks of zeroes that tarballs end with.
void make_end(struct tarball *tarball);
void make_free(struct tarball *tarball);

#endif
