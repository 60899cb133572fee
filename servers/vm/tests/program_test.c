#include <kernel_abi.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../elf.h"
#include "../program.h"

/// An executable of code, constants and data, as the linker makes them.
struct image {
    struct elf_header header;
    struct elf_phdr phdrs[PROGRAM_SEGMENTS_MAX + 1];
};

static union {
    struct image image;
    uint8_t bytes[4 * PAGE_SIZE];
} file __aligned(PAGE_SIZE);

static struct program program;

static struct elf_phdr load(unsigned flags, size_t page, size_t filesz, size_t memsz) {
    return (struct elf_phdr){
        .p_type = ELF_PT_LOAD,
        .p_flags = flags,
        .p_offset = page * PAGE_SIZE,
        .p_vaddr = USER_IMAGE_BASE + page * PAGE_SIZE,
        .p_filesz = filesz,
        .p_memsz = memsz,
        .p_align = PAGE_SIZE,
    };
}

static struct image *make(void) {
    memset(&file, 0, sizeof(file));
    struct elf_header *header = &file.image.header;
    memcpy(header->e_ident, ELF_MAGIC, ELF_MAGIC_LEN);
    header->e_ident[ELF_IDENT_CLASS] = ELF_CLASS;
    header->e_ident[ELF_IDENT_DATA] = ELF_DATA_LITTLE;
    header->e_ident[ELF_IDENT_VERSION] = ELF_VERSION;
    header->e_type = ELF_TYPE_EXEC;
    header->e_machine = ELF_MACHINE;
    header->e_version = ELF_VERSION;
    header->e_entry = USER_IMAGE_BASE + PAGE_SIZE + 16;
    header->e_phoff = offsetof(struct image, phdrs);
    header->e_phentsize = sizeof(struct elf_phdr);
    header->e_phnum = 4;
    file.image.phdrs[0] = load(ELF_PF_R | ELF_PF_X, 1, 100, 100);
    file.image.phdrs[1] = load(ELF_PF_R, 2, 200, 200);
    file.image.phdrs[2] = load(ELF_PF_R | ELF_PF_W, 3, 300, 3 * PAGE_SIZE);
    file.image.phdrs[3].p_type = 0x6474e551;  // A note for other systems.
    return &file.image;
}

static const char *read_image(void) {
    return program_read(&program, &file, sizeof(file));
}

TEST("a proper executable is read") {
    make();
    TEST_EXPECT_STR_EQ(read_image(), NULL);
    TEST_EXPECT_EQ(program.num_segments, 3);
    TEST_EXPECT_EQ(program.entry, USER_IMAGE_BASE + PAGE_SIZE + 16);
    TEST_EXPECT_EQ(program.image_end, USER_IMAGE_BASE + 6 * PAGE_SIZE);

    const struct segment *text = &program.segments[0];
    TEST_EXPECT_EQ(text->start, USER_IMAGE_BASE + PAGE_SIZE);
    TEST_EXPECT_EQ(text->end, text->start + PAGE_SIZE);
    TEST_EXPECT_EQ(text->in_place_end, text->end);
    TEST_EXPECT_EQ(text->flags, MAP_X);

    const struct segment *data = &program.segments[2];
    TEST_EXPECT_EQ(data->in_place_end, data->start);
    TEST_EXPECT_EQ(data->file_end, data->start + 300);
    TEST_EXPECT_EQ(data->flags, MAP_W);
}

TEST("the segment of an address is found, and none outside of them") {
    make();
    TEST_EXPECT_STR_EQ(read_image(), NULL);
    TEST_EXPECT_EQ(program_find_segment(&program, 0), NULL);
    TEST_EXPECT_EQ(program_find_segment(&program, USER_IMAGE_BASE), NULL);
    TEST_EXPECT_EQ(program_find_segment(&program, USER_IMAGE_BASE + PAGE_SIZE), program.segments);
    TEST_EXPECT_EQ(program_find_segment(&program, program.image_end - 1), &program.segments[2]);
    TEST_EXPECT_EQ(program_find_segment(&program, program.image_end), NULL);
}

TEST("constants followed by zeroes don't show what follows them in the file") {
    struct image *image = make();
    image->phdrs[1].p_memsz = 300;
    TEST_EXPECT_STR_EQ(read_image(), NULL);
    TEST_EXPECT_EQ(program.segments[1].in_place_end, program.segments[1].start);
}

TEST("files that are no executables of this machine are refused") {
    TEST_EXPECT_STR_EQ(program_read(&program, "", 0), "not an ELF file");
    make();
    TEST_EXPECT_STR_EQ(program_read(&program, &file, sizeof(struct elf_header) - 1),
                       "not an ELF file");
    make()->header.e_ident[0] = 'E';
    TEST_EXPECT_STR_EQ(read_image(), "not an ELF file");
    make()->header.e_machine = ELF_MACHINE + 1;
    TEST_EXPECT_STR_EQ(read_image(), "built for another machine");
    make()->header.e_ident[ELF_IDENT_CLASS] = 0;
    TEST_EXPECT_STR_EQ(read_image(), "built for another machine");
    make()->header.e_type = 3;
    TEST_EXPECT_STR_EQ(read_image(), "not a statically linked executable");
    make()->phdrs[3].p_type = ELF_PT_INTERP;
    TEST_EXPECT_STR_EQ(read_image(), "not a statically linked executable");
}

TEST("program headers outside of the file are refused") {
    const char *problem = "its program headers lie outside of the file";
    make()->header.e_phoff = UINTPTR_MAX - 7;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->header.e_phoff = sizeof(file) - 8;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->header.e_phoff += 1;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->header.e_phnum = 0xffff;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->header.e_phnum = 0;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->header.e_phentsize = 1;
    TEST_EXPECT_STR_EQ(read_image(), problem);
}

TEST("a segment outside of the file is refused") {
    const char *problem = "a segment lies outside of the file";
    make()->phdrs[0].p_offset = sizeof(file) + PAGE_SIZE;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->phdrs[0].p_offset = UINTPTR_MAX - 10;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    struct image *image = make();
    image->phdrs[0].p_filesz = image->phdrs[0].p_memsz = sizeof(file);
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->phdrs[0].p_filesz = 101;
    TEST_EXPECT_STR_EQ(read_image(), "a segment has more bytes in the file than in memory");
}

TEST("a segment outside of the image area is refused") {
    const char *problem = "a segment lies outside of the image area";
    make()->phdrs[0].p_vaddr = 0;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->phdrs[0].p_vaddr = USER_IMAGE_BASE - PAGE_SIZE;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->phdrs[2].p_vaddr = USER_HEAP_END;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    struct image *image = make();
    image->phdrs[2].p_memsz = USER_HEAP_END - image->phdrs[2].p_vaddr;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->phdrs[2].p_memsz = UINTPTR_MAX;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->phdrs[0].p_vaddr = UINTPTR_MAX & ~(uintptr_t) (PAGE_SIZE - 1);
    TEST_EXPECT_STR_EQ(read_image(), problem);
}

TEST("segments that share a page, or are writable and executable, are refused") {
    struct image *image = make();
    image->phdrs[1].p_vaddr = image->phdrs[0].p_vaddr;
    TEST_EXPECT_STR_EQ(read_image(), "segments share a page or are out of order");
    image = make();
    image->phdrs[0].p_memsz = PAGE_SIZE + 1;
    TEST_EXPECT_STR_EQ(read_image(), "segments share a page or are out of order");
    make()->phdrs[0].p_flags |= ELF_PF_W;
    TEST_EXPECT_STR_EQ(read_image(), "a segment is both writable and executable");
    make()->phdrs[0].p_flags = ELF_PF_X;
    TEST_EXPECT_STR_EQ(read_image(), "a segment has invalid flags");
    make()->phdrs[0].p_offset += 8;
    TEST_EXPECT_STR_EQ(read_image(), "a segment isn't page-aligned in the file");
}

TEST("the entry point must be code") {
    const char *problem = "its entry point isn't in its code";
    make()->header.e_entry = 0;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->header.e_entry = file.image.phdrs[2].p_vaddr;
    TEST_EXPECT_STR_EQ(read_image(), problem);
    make()->header.e_entry = file.image.phdrs[0].p_vaddr + 100;
    TEST_EXPECT_STR_EQ(read_image(), problem);
}

TEST("more segments than there is room for are refused") {
    struct image *image = make();
    image->header.e_phnum = PROGRAM_SEGMENTS_MAX + 1;
    for (unsigned i = 0; i <= PROGRAM_SEGMENTS_MAX; i++) {
        image->phdrs[i] = load(ELF_PF_R, 1, 10, 10);
        image->phdrs[i].p_vaddr = USER_IMAGE_BASE + i * PAGE_SIZE;
    }
    TEST_EXPECT_STR_EQ(read_image(), "too many segments");
}

/// What everything behind the reader relies on.
static void check_promises(void) {
    vaddr_t end = USER_IMAGE_BASE;
    for (unsigned i = 0; i < program.num_segments; i++) {
        const struct segment *segment = &program.segments[i];
        TEST_EXPECT(segment->start >= end && segment->start < segment->end);
        TEST_EXPECT(segment->end < USER_HEAP_END);
        TEST_EXPECT(segment->file_end >= segment->start && segment->file_end <= segment->end);
        TEST_EXPECT(segment->file_off + (segment->file_end - segment->start) <= sizeof(file));
        TEST_EXPECT(segment->flags != (MAP_W | MAP_X));
        end = segment->end;
    }
    TEST_EXPECT_EQ(program.image_end, end);
}

TEST("whatever the headers say, what is read keeps its promises") {
    srandom(1);
    int accepted = 0;
    for (int round = 0; round < 300000; round++) {
        uint8_t *bytes = (uint8_t *) make();
        for (long i = random() % 4; i >= 0; i--) {
            bytes[(size_t) random() % sizeof(struct image)] = (uint8_t) random();
        }
        if (!read_image()) {
            check_promises();
            accepted++;
        }
    }
    TEST_EXPECT_GT(accepted, 1000);
}
