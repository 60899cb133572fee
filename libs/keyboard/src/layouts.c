#include <keyboard.h>
#include <string.h>

// To add a layout, add an entry: the rows of the keyboard from above, each from the left, for each level. A unit
// test sees to it that no key is forgotten.

static const struct keyboard_layout layouts[] = {
    {
        .name = "us",
        .plain = "`1234567890-="
                 "qwertyuiop[]"
                 "asdfghjkl;'\\"
                 "\\zxcvbnm,./",
        .shift = "~!@#$%^&*()_+"
                 "QWERTYUIOP{}"
                 "ASDFGHJKL:\"|"
                 "|ZXCVBNM<>?",
        .keypad_point = '.',
    },
    {
        // DIN 2137, T1, without dead keys: a shell needs ^ and ` more often than accents.
        .name = "de",
        .plain = "^1234567890ß´"
                 "qwertzuiopü+"
                 "asdfghjklöä#"
                 "<yxcvbnm,.-",
        .shift = "°!\"§$%&/()=?`"
                 "QWERTZUIOPÜ*"
                 "ASDFGHJKLÖÄ'"
                 ">YXCVBNM;:_",
        .altgr = "  ²³   {[]}\\ "
                 "@ €        ~"
                 "            "
                 "|      µ   ",
        .keypad_point = ',',
    },
};

const struct keyboard_layout *keyboard_layout(const char *name) {
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (strcmp(layouts[i].name, name) == 0) {
            return &layouts[i];
        }
    }
    return NULL;
}
