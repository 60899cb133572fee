#include "program.h"

#include <kernel_abi.h>
#include <string.h>

#include "elf.h"

bool program_is_executable(const void *file, size_t len) {
    return len >= ELF_MAGIC_LEN && memcmp(file, ELF_MAGIC, ELF_MAGIC_LEN) == 0;
}

static const char *check_header(const struct elf_header *ehdr, size_t len) {
    if (len < sizeof(*ehdr) || !program_is_executable(ehdr, len)) {
        return "not an ELF file";
    }
    if (ehdr->e_ident[ELF_IDENT_CLASS] != ELF_CLASS
        || ehdr->e_ident[ELF_IDENT_DATA] != ELF_DATA_LITTLE
        || ehdr->e_ident[ELF_IDENT_VERSION] != ELF_VERSION || ehdr->e_version != ELF_VERSION
        || ehdr->e_machine != ELF_MACHINE) {
        return "built for another machine";
    }
    if (ehdr->e_type != ELF_TYPE_EXEC) {
        return "not a statically linked executable";
    }
    if (ehdr->e_phentsize != sizeof(struct elf_phdr) || ehdr->e_phnum == 0
        || !IS_ALIGNED(ehdr->e_phoff, sizeof(uintptr_t)) || ehdr->e_phoff > len
        || ehdr->e_phnum > (len - ehdr->e_phoff) / sizeof(struct elf_phdr)) {
        return "its program headers lie outside of the file";
    }
    return NULL;
}

static const char *check_segment(const struct elf_phdr *phdr, size_t file_len, vaddr_t lowest) {
    const uintptr_t limit = USER_HEAP_END - PAGE_SIZE;
    if (phdr->p_filesz > phdr->p_memsz) {
        return "a segment has more bytes in the file than in memory";
    }
    if (phdr->p_offset > file_len || phdr->p_filesz > file_len - phdr->p_offset) {
        return "a segment lies outside of the file";
    }
    if (phdr->p_vaddr < USER_IMAGE_BASE || phdr->p_vaddr > limit
        || phdr->p_memsz > limit - phdr->p_vaddr) {
        return "a segment lies outside of the image area";
    }
    if (ALIGN_DOWN(phdr->p_vaddr, PAGE_SIZE) < lowest) {
        return "segments share a page or are out of order";
    }
    if (phdr->p_vaddr % PAGE_SIZE != phdr->p_offset % PAGE_SIZE) {
        return "a segment isn't page-aligned in the file";
    }
    if (!(phdr->p_flags & ELF_PF_R) || (phdr->p_flags & ~(ELF_PF_R | ELF_PF_W | ELF_PF_X))) {
        return "a segment has invalid flags";
    }
    if ((phdr->p_flags & ELF_PF_W) && (phdr->p_flags & ELF_PF_X)) {
        return "a segment is both writable and executable";
    }
    return NULL;
}

static unsigned map_flags(const struct elf_phdr *phdr) {
    return ((phdr->p_flags & ELF_PF_W) ? MAP_W : 0) | ((phdr->p_flags & ELF_PF_X) ? MAP_X : 0);
}

/// A page can be shared with the file unless the program writes to it, or needs zeroes behind the
/// file's bytes where the file has something else.
static vaddr_t in_place_end(const struct elf_phdr *phdr, const struct segment *segment) {
    if (segment->flags & MAP_W) {
        return segment->start;
    }
    bool is_all_file = (phdr->p_filesz == phdr->p_memsz);
    return is_all_file ? segment->end : ALIGN_DOWN(segment->file_end, PAGE_SIZE);
}

static const char *add_segment(struct program *program, const struct elf_phdr *phdr,
                               size_t file_len) {
    const char *problem = check_segment(phdr, file_len, program->image_end);
    if (problem) {
        return problem;
    }
    if (program->num_segments == PROGRAM_SEGMENTS_MAX) {
        return "too many segments";
    }

    struct segment *segment = &program->segments[program->num_segments++];
    segment->start = ALIGN_DOWN(phdr->p_vaddr, PAGE_SIZE);
    segment->end = ALIGN_UP(phdr->p_vaddr + phdr->p_memsz, PAGE_SIZE);
    segment->file_end = phdr->p_filesz ? phdr->p_vaddr + phdr->p_filesz : segment->start;
    segment->file_off = ALIGN_DOWN(phdr->p_offset, PAGE_SIZE);
    segment->flags = map_flags(phdr);
    segment->in_place_end = in_place_end(phdr, segment);
    program->image_end = segment->end;
    return NULL;
}

static const char *check_entry(const struct program *program) {
    const struct segment *segment = program_find_segment(program, program->entry);
    bool is_code = segment && (segment->flags & MAP_X) && program->entry < segment->file_end;
    return is_code ? NULL : "its entry point isn't in its code";
}

const char *program_read(struct program *program, const void *file, size_t len) {
    const struct elf_header *ehdr = file;
    const char *problem = check_header(ehdr, len);
    if (problem) {
        return problem;
    }

    memset(program, 0, sizeof(*program));
    program->file = file;
    program->entry = ehdr->e_entry;
    const struct elf_phdr *phdrs = (const struct elf_phdr *) (program->file + ehdr->e_phoff);
    for (unsigned i = 0; i < ehdr->e_phnum; i++) {
        if (phdrs[i].p_type == ELF_PT_DYNAMIC || phdrs[i].p_type == ELF_PT_INTERP) {
            return "not a statically linked executable";
        }
        if (phdrs[i].p_type != ELF_PT_LOAD || phdrs[i].p_memsz == 0) {
            continue;
        }
        problem = add_segment(program, &phdrs[i], len);
        if (problem) {
            return problem;
        }
    }
    return check_entry(program);
}

const struct segment *program_find_segment(const struct program *program, vaddr_t vaddr) {
    for (unsigned i = 0; i < program->num_segments; i++) {
        const struct segment *segment = &program->segments[i];
        if (vaddr >= segment->start && vaddr < segment->end) {
            return segment;
        }
    }
    return NULL;
}
