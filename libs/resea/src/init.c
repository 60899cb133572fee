#include <arch_user.h>
#include <resea/cmdline.h>
#include <resea/init.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <sanitizer.h>
#include <string.h>

static char name[TASK_NAME_LEN];

const char *program_cmdline(void) {
    // vm has been started by nobody who could have given it a command line.
    return (task_self() == INIT_TASK) ? "vm" : ARCH_CMDLINE;
}

const char *program_name(void) {
    if (name[0] == '\0') {
        const char *cmdline = program_cmdline();
        const char *end = strchr(cmdline, ' ');
        size_t len = (end != NULL) ? (size_t) (end - cmdline) : strlen(cmdline);
        strncpy2(name, cmdline, MIN(len + 1, sizeof(name)));
    }
    return name;
}

/// Makes the canaries of stacks something that nobody knows, where code is compiled to look at them.
__no_stack_protector static inline void init_stack_guard(void) {
#ifdef __SSP_STRONG__
    // The low byte stays 0: see its first value.
    __stack_chk_guard ^= (uintptr_t) (arch_cycles() * 0x9e3779b97f4a7c15ull) & ~(uintptr_t) 0xff;
#endif
}

__no_stack_protector __noreturn void resea_init(void) {
    init_stack_guard();
    malloc_init();
    main();
    task_exit();
}
