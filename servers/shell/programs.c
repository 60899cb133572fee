#include "programs.h"

#include <idl_client.h>

const char *program_at(unsigned index) {
    static char name[TASK_PROGRAM_NAME_LEN];
    return call_task_program(INIT_TASK, index, name) == OK ? name : NULL;
}
