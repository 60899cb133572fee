#ifndef __CONDITION_H__
#define __CONDITION_H__

/// \file
/// Which part of a file a client wants, and whether at all: RFC 9110, 13 and 14. Functions take the values of a request's fields.

#include <resea/datetime.h>
#include <types.h>

#define ETAG_LEN 40
#define DATE_LEN 30
/// The year 10000: what comes then is no date that HTTP can write.
#define DATE_END 253402300800ull

/// What tells one version of a file from another. Either is empty if it isn't known.
struct version {
    char etag[ETAG_LEN];  ///< With its quotes.
    char date[DATE_LEN];
    uint64_t mtime;
};

/// Of a file with that time, 0 if it isn't known, and size.
void version_make(struct version *version, uint64_t mtime, uint64_t size);
/// Replaces the tag by one that tells what is in the file.
void version_take_contents(struct version *version, const void *data, size_t size);

/// Writes a date as HTTP wants it: "Sat, 28 Nov 2026 17:00:00 GMT".
void date_format(char date[DATE_LEN], uint64_t unixtime);
/// Reads one; false: it is none, or written in one of the ways that are obsolete.
bool date_parse(const char *text, size_t len, uint64_t *unixtime);

/// Whether the client has this version already, so that 304 is the answer. Lengths of 0: the request has no such field.
bool condition_is_cached(const struct version *version, const char *none_match,
                         size_t none_match_len, const char *modified_since,
                         size_t modified_since_len);
/// Whether a range is what the client wants: `if_range` is this version, or empty.
bool condition_wants_range(const struct version *version, const char *if_range, size_t len);

enum range_kind {
    RANGE_NONE,  ///< All of the file: it is no range, or several.
    RANGE_PART,
    RANGE_BEYOND,  ///< There is nothing of it in the file: 416.
};

/// Reads a range of a file of `size` bytes. PART: the bytes from *begin on, up to *end, that one left out.
enum range_kind range_parse(const char *text, size_t len, uint64_t size, uint64_t *begin,
                            uint64_t *end);

#endif
