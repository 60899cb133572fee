#include "programs.h"

#include <idl_client.h>

#define MAX_PROGRAMS 128

static char names[MAX_PROGRAMS][TASK_PROGRAM_NAME_LEN];
static size_t num_programs;

void programs_init(void) {
    while (num_programs < MAX_PROGRAMS
           && call_task_program(INIT_TASK, num_programs, names[num_programs]) == OK) {
        num_programs++;
    }
}

const char *program_at(size_t index) {
    return index < num_programs ? names[index] : NULL;
}
