#include <resea/malloc.h>
#include <resea/printf.h>

#include "boot.h"
#include "manifest_reader.h"
#include "nommu.h"
#include "service.h"
#include "supervise.h"
#include "task.h"

/// malloc is for the payload of a received message, and what it keeps beside it.
static uint8_t heap[USER_ARGS_LEN + 2 * sizeof(size_t)] __aligned(8);

void malloc_heap_range(vaddr_t *start, vaddr_t *end) {
    *start = (vaddr_t) heap;
    *end = (vaddr_t) heap + sizeof(heap);
}

void boot(void) {
    const char *problem = programs_init(&__program_table);
    if (problem) {
        PANIC("%s", problem);
    }
    problem = manifest_init((const void *) (uintptr_t) __program_table.manifest,
                            __program_table.manifest_len);
    if (problem) {
        PANIC("the board manifest is not valid: %s", problem);
    }

    // Whatever fails here for lack of memory needs a larger `memory` of [server.vm].
    ASSERT_OK(task_table_init(CONFIG_NUM_TASKS));
    ASSERT_OK(service_init());
    ASSERT_OK(supervise_init());
}
