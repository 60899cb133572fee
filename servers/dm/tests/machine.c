#include "machine.h"

#include <driver/io.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../api.h"
#include "../board.h"
#include "../config_space.h"

static struct function functions[MACHINE_FUNCTIONS_MAX];
static size_t num_functions;
static uint32_t flood;
static unsigned reads;
static struct granted granted;
static error_t grant_error;
static task_t watched;
static struct message answer;
static task_t answered;
static task_t held, released;
static unsigned drivers_to_end;
static msec_t timer;
static uint64_t uptime;

void machine_reset(void) {
    num_functions = 0;
    flood = 0;
    reads = 0;
    granted = (struct granted){0};
    grant_error = OK;
    watched = held = released = 0;
    drivers_to_end = 0;
    timer = 0;
}

// ---- The config space ---------------------------------------------------------------------------

struct function *machine_add(uint32_t address, uint16_t vendor_id, uint16_t device_id,
                             uint32_t class) {
    struct function *function = &functions[num_functions++];
    memset(function, 0, sizeof(*function));
    function->address = address;
    function_set(function, PCI_VENDOR_ID, 2, vendor_id);
    function_set(function, PCI_DEVICE_ID, 2, device_id);
    function_set(function, PCI_CLASS, 4, class << 8);
    memset(&function->writable[PCI_COMMAND], 0xff, 2);
    function->writable[PCI_CACHE_LINE] = 0xff;
    return function;
}

struct function *machine_add_bridge(uint32_t address, uint8_t secondary) {
    struct function *bridge = machine_add(address, 0x1b36, 0x0001, 0x060400);
    function_set(bridge, PCI_HEADER_TYPE, 1, HEADER_TYPE_BRIDGE);
    function_set(bridge, PCI_SECONDARY_BUS, 1, secondary);
    return bridge;
}

void machine_flood(uint32_t word) {
    flood = word;
}

unsigned machine_reads(void) {
    return reads;
}

uint32_t function_get(const struct function *function, unsigned offset, unsigned size) {
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t) function->bytes[offset + i] << (8 * i);
    }
    return value;
}

void function_set(struct function *function, unsigned offset, unsigned size, uint32_t value) {
    for (unsigned i = 0; i < size; i++) {
        function->bytes[offset + i] = (uint8_t) (value >> (8 * i));
    }
}

static void set_writable(struct function *function, unsigned offset, uint32_t bits) {
    for (unsigned i = 0; i < 4; i++) {
        function->writable[offset + i] = (uint8_t) (bits >> (8 * i));
    }
}

void function_set_bar(struct function *function, unsigned index, uint64_t addr, uint64_t len,
                      uint32_t flags) {
    uint64_t bits = ~(len - 1);
    uint32_t read_only = (flags & 1) ? 3 : 0xf;
    function_set(function, PCI_BAR(index), 4, (uint32_t) addr | flags);
    set_writable(function, PCI_BAR(index), (uint32_t) bits & ~read_only);
    if ((flags & 7) == 4) {
        function_set(function, PCI_BAR(index + 1), 4, (uint32_t) (addr >> 32));
        set_writable(function, PCI_BAR(index + 1), (uint32_t) (bits >> 32));
    }
}

void function_add_capability(struct function *function, unsigned offset, uint8_t id) {
    function_set(function, PCI_STATUS, 2, STATUS_CAPABILITIES);
    function_set(function, offset, 1, id);
    function_set(function, offset + CAP_NEXT, 1, function_get(function, PCI_CAPABILITIES, 1));
    function_set(function, PCI_CAPABILITIES, 1, offset);
}

static struct function *find(uint32_t address) {
    for (size_t i = 0; i < num_functions; i++) {
        if (functions[i].address == address) {
            return &functions[i];
        }
    }
    return NULL;
}

static void check(uint32_t address, unsigned offset, unsigned size) {
    TEST_EXPECT(address < 0x10000);
    TEST_EXPECT(size == 1 || size == 2 || size == 4);
    TEST_EXPECT(offset + size <= CONFIG_SPACE_LEN && offset % size == 0);
}

error_t config_init(void) {
    return OK;
}

uint32_t config_read(uint32_t address, unsigned offset, unsigned size) {
    check(address, offset, size);
    reads++;
    uint32_t mask = UINT32_MAX >> (8 * (4 - size));
    const struct function *function = find(address);
    if (function) {
        return function_get(function, offset, size);
    }
    return flood ? (flood >> (8 * (offset % 4))) & mask : mask;
}

void config_write(uint32_t address, unsigned offset, unsigned size, uint32_t value) {
    check(address, offset, size);
    struct function *function = find(address);
    for (unsigned i = 0; function && i < size; i++) {
        uint8_t bits = function->writable[offset + i];
        uint8_t *byte = &function->bytes[offset + i];
        *byte = (uint8_t) ((*byte & ~bits) | ((value >> (8 * i)) & bits));
    }
    if (function && function->written) {
        function->written(function, offset);
    }
}

// ---- Registers in memory --------------------------------------------------------------------------

uint8_t machine_memory[MACHINE_MEMORY_LEN] __aligned(8);
static paddr_t mapped;
static size_t mapped_len;
static unsigned mappings;

paddr_t machine_mapped(void) {
    TEST_EXPECT(mappings <= 1);
    return mappings ? mapped : 0;
}

io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags __unused) {
    if (len > MACHINE_MEMORY_LEN) {
        return NULL;
    }
    mapped = paddr;
    mapped_len = len;
    mappings++;
    return (io_t) machine_memory;
}

void io_free(io_t io) {
    mappings -= (io != NULL);
}

void io_write32(io_t io, offset_t offset, uint32_t value) {
    TEST_EXPECT(mappings == 1 && io == (io_t) machine_memory);
    TEST_EXPECT(offset % 4 == 0 && offset + 4 <= mapped_len);
    memcpy(&machine_memory[offset], &value, sizeof(value));
}

// ---- Kernel and vm ------------------------------------------------------------------------------

error_t sys_grant(task_t task, int kind, uintptr_t base, size_t len) {
    if (grant_error == OK) {
        granted = (struct granted){task, kind, base, len};
    }
    return grant_error;
}

struct granted machine_granted(void) {
    struct granted last = granted;
    granted = (struct granted){0};
    return last;
}

void machine_set_grant_error(error_t err) {
    grant_error = err;
}

error_t ipc_call(task_t dst, struct message *m) {
    TEST_EXPECT_EQ(dst, INIT_TASK);
    switch (m->type) {
    case TASK_WATCH_MSG:
        watched = m->task_watch.task;
        m->type = TASK_WATCH_REPLY_MSG;
        return OK;
    case DMA_HOLD_MSG:
        held = m->dma_hold.task;
        m->type = DMA_HOLD_REPLY_MSG;
        return OK;
    case DMA_RELEASE_MSG:
        released = m->dma_release.task;
        m->type = DMA_RELEASE_REPLY_MSG;
        return (released == held) ? OK : ERR_NOT_FOUND;
    default:
        TEST_EXPECT_EQ(m->type, DMA_RELEASE_ALL_MSG);
        m->type = DMA_RELEASE_ALL_REPLY_MSG;
        m->dma_release_all_reply.ended = drivers_to_end;
        return OK;
    }
}

error_t timer_set(msec_t ms) {
    timer = ms;
    return OK;
}

uint64_t timer_uptime(void) {
    return uptime;
}

bool machine_advance(msec_t ms) {
    uptime += (uint64_t) ms;
    bool fires = timer && timer <= ms;
    if (fires) {
        timer = 0;
        api_timer();
    } else if (timer) {
        timer -= ms;
    }
    return fires;
}

task_t machine_released(void) {
    task_t task = released;
    released = 0;
    return task;
}

task_t machine_held(void) {
    return held;
}

void machine_set_drivers_to_end(unsigned count) {
    drivers_to_end = count;
}

task_t machine_watched(void) {
    return watched;
}

void ipc_reply(task_t dst, struct message *m) {
    answer = *m;
    answered = dst;
}

void ipc_reply_err(task_t dst, error_t err) {
    memset(&answer, 0, sizeof(answer));
    answer.type = err;
    answered = dst;
}

int machine_answer(task_t client, struct message *m) {
    int type = (answered == client) ? answer.type : DONT_REPLY;
    *m = answer;
    answered = 0;
    return type;
}

int machine_ask(task_t client, struct message *m) {
    m->src = client;
    answered = 0;
    TEST_EXPECT(api_dispatch(m));
    return machine_answer(client, m);
}

// ---- The manifest ---------------------------------------------------------------------------------

size_t board_num_devices(void) {
    return 1;
}

void board_describe(size_t index, struct dm_device_reply_fields *reply) {
    TEST_EXPECT_EQ(index, 0);
    reply->bus = DM_BUS_BOARD;
}
