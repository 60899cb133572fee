// What vm does without an MMU, compiled for this machine: with other names for what the sources for an MMU
// call the same, and with a task table and a manifest of its own.

#define _GNU_SOURCE
#include <sys/mman.h>

#define image_find            nommu_image_find
#define image_program_name    nommu_image_program_name
#define image_name            nommu_image_name
#define image_check           nommu_image_check
#define image_create          nommu_image_create
#define image_load            nommu_image_load
#define image_create_stand_in nommu_image_create_stand_in
#define image_release         nommu_image_release
#define vm_api                nommu_vm_api
#define task_slots            nommu_task_slots
#define task_num_slots        nommu_task_num_slots
#define task_find             nommu_task_find
#define manifest_server       nommu_manifest_server
#define manifest_grants       nommu_manifest_grants

#include <resea/task.h>
#include <string.h>
#include <unittest.h>

#include "../own.h"

void *own_borrow(size_t size);

#include "../image_nommu.c"
#include "../programs_nommu.c"
#include "../vm_api_nommu.c"

#define RAM        0x20000000u
#define RAM_LEN    0x4000u
#define KERNEL_LEN 0x800u
#define NUM_SLOTS  6

enum {
    VM,
    SERVER,
    FIRST_APP,
    SECOND_APP,
    NUM_PROGRAMS
};

static union {
    struct program_table table;
    uint8_t bytes[sizeof(struct program_table) + NUM_PROGRAMS * sizeof(struct program_entry)];
} flash;
static struct task tasks[NUM_SLOTS + 1];
static struct task_memory created;
static task_t created_tid;
static void *spare;

static struct manifest_server server_entry = {.num_grants = 2};
static struct manifest_grant server_grants[] = {
    {.kind = GRANT_IRQ, .base = 9, .len = 1},
    {.kind = GRANT_MMIO, .base = 2 * PAGE_SIZE, .len = PAGE_SIZE + 1},
};

// ---- What stands in for the rest of vm and the kernel ----

static struct task *slots[NUM_SLOTS + 1];
struct task **nommu_task_slots = slots;

size_t nommu_task_num_slots(void) {
    return NUM_SLOTS;
}

struct task *nommu_task_find(task_t tid) {
    return (tid > 0 && tid <= NUM_SLOTS) ? task_in_slot((size_t) tid) : NULL;
}

const struct manifest_server *nommu_manifest_server(unsigned number __unused) {
    return &server_entry;
}

const struct manifest_grant *nommu_manifest_grants(const struct manifest_server *server __unused) {
    return server_grants;
}

void *own_borrow(size_t size __unused) {
    return spare;
}

error_t task_create_in(task_t tid, const char *name __unused, vaddr_t ip __unused, task_t pager,
                       unsigned flags __unused, const struct task_memory *memory) {
    TEST_EXPECT_EQ(pager, INIT_TASK);
    created_tid = tid;
    created = *memory;
    return OK;
}

// ---- A board ----

static struct program_entry entry(const char *name, uint32_t flash_base, uint32_t ram_base,
                                  uint32_t ram_len) {
    struct program_entry result = {
        .entry = flash_base + 1,
        .flash_base = flash_base,
        .flash_len = 0x1000,
        .ram_base = ram_base,
        .ram_len = ram_len,
        // As small as a command line and a stack can be on this machine.
        .stack_len = STACK_MIN,
    };
    strncpy2(result.name, name, sizeof(result.name));
    return result;
}

static void make_board(void) {
    memset(&flash, 0, sizeof(flash));
    memset(tasks, 0, sizeof(tasks));
    flash.table = (struct program_table){
        .magic = PROGRAM_TABLE_MAGIC,
        .version = PROGRAM_TABLE_VERSION,
        .num_programs = NUM_PROGRAMS,
        .ram_base = RAM,
        .ram_len = RAM_LEN,
        .kernel_ram_len = KERNEL_LEN,
    };
    flash.table.programs[VM] = entry("vm", 0x2000, RAM + 0x800, 0x800);
    flash.table.programs[SERVER] = entry("server", 0x3000, RAM + 0x1000, 0x800);
    flash.table.programs[FIRST_APP] = entry("first", 0x4000, RAM + 0x1800, 0x800);
    flash.table.programs[SECOND_APP] = entry("second", 0x5000, RAM + 0x1800, 0x1000);
    TEST_EXPECT(programs_init(&flash.table) == NULL);
    for (size_t slot = 1; slot <= NUM_SLOTS; slot++) {
        slots[slot] = &tasks[slot];
    }
}

static void run(size_t slot, int program) {
    tasks[slot] = (struct task){
        .tid = (task_t) slot,
        .life = LIFE_RUNS,
        .name = flash.table.programs[program].name,
        .program = programs_at((size_t) program),
    };
}

static bool is_refused(void) {
    const char *problem = programs_init(&flash.table);
    make_board();
    return problem != NULL;
}

// ---- The table ----

TEST("a program table is checked before it is used") {
    make_board();
    flash.table.magic++;
    TEST_EXPECT(is_refused());
    flash.table.version++;
    TEST_EXPECT(is_refused());
    flash.table.kernel_ram_len = RAM_LEN + 1;
    TEST_EXPECT(is_refused());
    flash.table.programs[SERVER].name[0] = '\0';
    TEST_EXPECT(is_refused());
    memset(flash.table.programs[SERVER].name, 'x', PROGRAM_TABLE_NAME_LEN);
    TEST_EXPECT(is_refused());
    flash.table.programs[SERVER].entry = flash.table.programs[SERVER].flash_base - 1;
    TEST_EXPECT(is_refused());
    flash.table.programs[SERVER].ram_base = RAM + KERNEL_LEN - 8;
    TEST_EXPECT(is_refused());
    flash.table.programs[SERVER].ram_base = RAM + RAM_LEN + 8;
    TEST_EXPECT(is_refused());
    flash.table.programs[SERVER].ram_len = RAM_LEN;
    TEST_EXPECT(is_refused());
    flash.table.programs[SERVER].stack_len = STACK_MIN - 8;
    TEST_EXPECT(is_refused());
    flash.table.programs[SERVER].stack_len = flash.table.programs[SERVER].ram_len + 8;
    TEST_EXPECT(is_refused());
    TEST_EXPECT(!is_refused());
}

TEST("programs are found by name, and vm is none of them") {
    make_board();
    const struct program *program;
    TEST_EXPECT_EQ(image_find("second", &program), OK);
    TEST_EXPECT_STR_EQ(image_program_name(program), "second");
    TEST_EXPECT_EQ(image_find("vm", &program), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(image_find("third", &program), ERR_NOT_FOUND);
    TEST_EXPECT_STR_EQ(image_name(0), "server");
    TEST_EXPECT_STR_EQ(image_name(2), "second");
    TEST_EXPECT(image_name(3) == NULL);
}

// ---- Launching ----

TEST("a program can't run twice, nor beside one that shares its RAM") {
    make_board();
    TEST_EXPECT_EQ(image_check(programs_at(FIRST_APP)), OK);
    run(2, FIRST_APP);
    TEST_EXPECT_EQ(image_check(programs_at(FIRST_APP)), ERR_IN_USE);
    TEST_EXPECT_EQ(image_check(programs_at(SECOND_APP)), ERR_IN_USE);
    TEST_EXPECT_EQ(image_check(programs_at(SERVER)), OK);
    tasks[2].life = LIFE_ENDED;
    TEST_EXPECT_EQ(image_check(programs_at(SECOND_APP)), OK);
    // The thread of somebody else's has no RAM of its own.
    run(2, FIRST_APP);
    tasks[2].life = LIFE_EXTERNAL;
    tasks[2].program = NULL;
    TEST_EXPECT_EQ(image_check(programs_at(FIRST_APP)), OK);
}

TEST("free RAM is what neither the kernel nor a task has") {
    make_board();
    size_t rest = RAM_LEN - KERNEL_LEN - 0x800;
    TEST_EXPECT_EQ(programs_ram_total(), RAM_LEN);
    TEST_EXPECT_EQ(programs_ram_free(), rest);
    run(2, SERVER);
    run(3, SECOND_APP);
    TEST_EXPECT_EQ(programs_ram_free(), rest - 0x800 - 0x1000);
    tasks[3].life = LIFE_ENDED;
    TEST_EXPECT_EQ(programs_ram_free(), rest - 0x800);
}

TEST("a task gets its program's RAM, and the command line at the end of its stack") {
    make_board();
    void *ram = mmap((void *) (uintptr_t) RAM, RAM_LEN, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    TEST_EXPECT_EQ((uintptr_t) ram, RAM);
    run(4, SERVER);
    TEST_EXPECT_EQ(image_create(&tasks[4], 0), OK);
    TEST_EXPECT_EQ(created_tid, 4);
    TEST_EXPECT_EQ(created.ram_base, RAM + 0x1000);
    TEST_EXPECT_EQ(created.ram_len, 0x800);
    TEST_EXPECT_EQ(created.stack_len, STACK_MIN);
    TEST_EXPECT_EQ(image_load(&tasks[4], "server --now", 12), OK);
    const char *args = (const char *) (uintptr_t) (RAM + 0x1000 + STACK_MIN - USER_ARGS_LEN);
    TEST_EXPECT_STR_EQ(args, "server --now");
    munmap(ram, RAM_LEN);
}

TEST("an ID is used up with RAM that nobody needs, or not at all") {
    make_board();
    run(5, SERVER);
    spare = NULL;
    TEST_EXPECT_EQ(image_create_stand_in(&tasks[5]), ERR_NO_MEMORY);
    static uint8_t memory[STACK_MIN];
    spare = memory;
    TEST_EXPECT_EQ(image_create_stand_in(&tasks[5]), OK);
    TEST_EXPECT_EQ(created.ram_base, (uintptr_t) memory);
}

// ---- vm's messages ----

static error_t alloc(task_t client, size_t num_pages, paddr_t paddr) {
    struct vm_alloc_pages_fields request = {.num_pages = num_pages, .paddr = paddr};
    struct vm_alloc_pages_reply_fields reply = {0};
    error_t err = vm_api.alloc_pages(client, &request, &reply);
    if (IS_OK(err)) {
        TEST_EXPECT_EQ(reply.vaddr, paddr);
        TEST_EXPECT_EQ(reply.paddr, paddr);
    }
    return err;
}

TEST("a device's registers are where they are, for whom the manifest gives them") {
    make_board();
    run(2, SERVER);
    TEST_EXPECT_EQ(alloc(2, 1, 2 * PAGE_SIZE), OK);
    // The range ends in the middle of a page.
    TEST_EXPECT_EQ(alloc(2, 2, 2 * PAGE_SIZE), OK);
    TEST_EXPECT_EQ(alloc(2, 3, 2 * PAGE_SIZE), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc(2, 1, 4 * PAGE_SIZE), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc(2, 1, PAGE_SIZE), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc(2, SIZE_MAX, 2 * PAGE_SIZE), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(alloc(2, 0, 2 * PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc(2, 1, 2 * PAGE_SIZE + 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(alloc(3, 1, 2 * PAGE_SIZE), ERR_NOT_PERMITTED);
    struct vm_free_pages_fields request = {.vaddr = 2 * PAGE_SIZE, .num_pages = 1};
    TEST_EXPECT_EQ(vm_api.free_pages(2, &request), OK);
    request.vaddr = 4 * PAGE_SIZE;
    TEST_EXPECT_EQ(vm_api.free_pages(2, &request), ERR_INVALID_ARG);
}

TEST("there is no RAM to be had, and none to be shared") {
    make_board();
    run(2, SERVER);
    TEST_EXPECT_EQ(alloc(2, 1, 0), ERR_UNAVAILABLE);
    struct vm_offer_pages_fields offer = {.task = 2};
    struct vm_offer_pages_reply_fields offered;
    TEST_EXPECT_EQ(vm_api.offer_pages(2, &offer, &offered), ERR_UNAVAILABLE);
    struct vm_accept_pages_fields accept = {.offer = 1};
    struct vm_accept_pages_reply_fields accepted;
    TEST_EXPECT_EQ(vm_api.accept_pages(2, &accept, &accepted), ERR_UNAVAILABLE);
}
