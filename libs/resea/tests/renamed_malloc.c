// The sources under test, with the names that renamed.h declares.

#define malloc         resea_malloc
#define realloc        resea_realloc
#define free           resea_free
#define strdup         resea_strdup
#define strndup        resea_strndup
#define malloc_shrink  resea_malloc_shrink
#define malloc_aligned resea_malloc_aligned
#define main           component_main

#include "../src/malloc.c"

// malloc_heap_range, which the tests don't use, names it.
char __heap[1];

void resea_heap_init(void *start, size_t len);

void resea_heap_init(void *start, size_t len) {
    heap_init((vaddr_t) start, (vaddr_t) start + len);
    malloc_debug_init();
}
