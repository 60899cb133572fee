#include <fs.h>
#include <string.h>
#include <unittest.h>

static const struct fs_entry info = {.size = 7, .mtime = 9, .type = FS_TYPE_FILE, .read_only = 1};

TEST("what was added comes back") {
    uint8_t list[64];
    size_t len = 0;
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, "abc", 3));
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, "d", 1));
    TEST_EXPECT_EQ(len, 2 * sizeof(info) + 4);

    size_t offset = 0;
    const struct fs_entry *entry = fs_entries_next(list, len, &offset);
    TEST_EXPECT_EQ(entry->size, 7);
    TEST_EXPECT_EQ(entry->mtime, 9);
    TEST_EXPECT_EQ(entry->type, FS_TYPE_FILE);
    TEST_EXPECT_EQ(entry->read_only, 1);
    TEST_EXPECT_EQ(entry->name_len, 3);
    TEST_EXPECT_MEM_EQ(entry->name, "abc", 3);
    entry = fs_entries_next(list, len, &offset);
    TEST_EXPECT_MEM_EQ(entry->name, "d", 1);
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
}

TEST("an entry that doesn't fit isn't added") {
    uint8_t list[sizeof(info) + 3];
    size_t len = 0;
    TEST_EXPECT(!fs_entries_add(list, sizeof(list), &len, &info, "abcd", 4));
    TEST_EXPECT_EQ(len, 0);
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, "abc", 3));
    TEST_EXPECT(!fs_entries_add(list, sizeof(list), &len, &info, "a", 1));
    static char name[FS_NAME_MAX + 1];
    static uint8_t large[2 * sizeof(name)];
    len = 0;
    TEST_EXPECT(!fs_entries_add(large, sizeof(large), &len, &info, name, sizeof(name)));
}

TEST("names that would lead elsewhere are malformed") {
    uint8_t list[64];
    size_t len = 0, offset = 0;
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, "..", 2));
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    len = 0;
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, ".", 1));
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    len = 0;
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, ".a", 2));
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, "...", 3));
    TEST_EXPECT(fs_entries_next(list, len, &offset) != NULL);
    TEST_EXPECT(fs_entries_next(list, len, &offset) != NULL);
}

TEST("malformed lists end early") {
    uint8_t list[64];
    size_t len = 0, offset = 0;
    TEST_EXPECT(fs_entries_add(list, sizeof(list), &len, &info, "abc", 3));
    TEST_EXPECT_EQ(fs_entries_next(list, len - 1, &offset), NULL);
    TEST_EXPECT_EQ(fs_entries_next(list, sizeof(info) - 1, &offset), NULL);
    offset = SIZE_MAX;
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    offset = 0;
    list[sizeof(info) + 1] = '/';
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    list[sizeof(info) + 1] = '\0';
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    ((struct fs_entry *) (void *) list)->name_len = 0;
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
    ((struct fs_entry *) (void *) list)->name_len = UINT16_MAX;
    TEST_EXPECT_EQ(fs_entries_next(list, len, &offset), NULL);
}
