// Our functions get names of their own, to be compared with the C library's.
#define isdigit  resea_isdigit
#define isxdigit resea_isxdigit
#define islower  resea_islower
#define isupper  resea_isupper
#define isalpha  resea_isalpha
#define isalnum  resea_isalnum
#define isspace  resea_isspace
#define isprint  resea_isprint
#define iscntrl  resea_iscntrl
#define ispunct  resea_ispunct
#define tolower  resea_tolower
#define toupper  resea_toupper
#include <resea/ctype.h>
#undef isdigit
#undef isxdigit
#undef islower
#undef isupper
#undef isalpha
#undef isalnum
#undef isspace
#undef isprint
#undef iscntrl
#undef ispunct
#undef tolower
#undef toupper
#include <ctype.h>
#include <unittest.h>

#define EXPECT_SAME_CLASS(name, ch) TEST_EXPECT_EQ(!!resea_##name(ch), !!name(ch))

TEST("classes of ASCII characters are those of libc") {
    for (int ch = -1; ch < 128; ch++) {
        EXPECT_SAME_CLASS(isdigit, ch);
        EXPECT_SAME_CLASS(isxdigit, ch);
        EXPECT_SAME_CLASS(islower, ch);
        EXPECT_SAME_CLASS(isupper, ch);
        EXPECT_SAME_CLASS(isalpha, ch);
        EXPECT_SAME_CLASS(isalnum, ch);
        EXPECT_SAME_CLASS(isspace, ch);
        EXPECT_SAME_CLASS(isprint, ch);
        EXPECT_SAME_CLASS(iscntrl, ch);
        EXPECT_SAME_CLASS(ispunct, ch);
        TEST_EXPECT_EQ(resea_tolower(ch), tolower(ch));
        TEST_EXPECT_EQ(resea_toupper(ch), toupper(ch));
    }
    TEST_EXPECT(!resea_isalpha(0xe4));
}
