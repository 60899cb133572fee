#ifndef __VM_PROGRAM_H__
#define __VM_PROGRAM_H__

/// \file
/// An executable in bootfs, checked and boiled down to what the page fault handler needs. All tasks
/// that run the same program share it.

#include <types.h>

#define PROGRAM_SEGMENTS_MAX 8

/// Pages of one kind. Bytes from `start` up to `file_end` are those of the file from `file_off` on,
/// the ones behind them are zero.
struct segment {
    vaddr_t start;     ///< Page-aligned, and above the previous segment's end.
    vaddr_t end;       ///< Page-aligned.
    vaddr_t file_end;  ///< `start` … `end`
    /// Pages below this one are mapped as they are in the file; the others get pages of their own.
    vaddr_t in_place_end;
    size_t file_off;  ///< Page-aligned.
    unsigned flags;   ///< MAP_W or MAP_X or neither
};

struct program {
    const uint8_t *file;
    vaddr_t entry;
    vaddr_t image_end;  ///< Page-aligned end of the last segment.
    unsigned num_segments;
    struct segment segments[PROGRAM_SEGMENTS_MAX];
};

/// Whether the file looks like an executable at all.
bool program_is_executable(const void *file, size_t len);

/// Reads the headers of an ELF executable. Trusts none of them: afterwards each segment lies inside
/// of the file and of [USER_IMAGE_BASE, USER_HEAP_END - a guard page), and no two share a page.
/// \param file  Page-aligned, kept by the program; readable up to the end of its last page.
/// \return      NULL if it is fine, else what is wrong, for a log line.
const char *program_read(struct program *program, const void *file, size_t len);

/// \return  The segment that `vaddr` lies in, or NULL.
const struct segment *program_find_segment(const struct program *program, vaddr_t vaddr);

#endif
