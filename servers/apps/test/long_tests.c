#include <arch_syscall.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "test.h"
#include "thread.h"

// Messages of more words than travel in registers, both ways of a call: every length, and buffers that lie in
// pages that aren't there, or where no page can be. The client is a thread, the server the test.

/// Where nothing is mapped in any thread.
#define NOWHERE 0x50000000ul

#define MAX_WORDS       (MESSAGE_PAYLOAD_SIZE / sizeof(uintptr_t))
#define TYPE(num_words) MSG_TYPE(1023, 1, 0, MSG_OOL_NONE, (size_t) (num_words) * sizeof(uintptr_t))
/// What is in a buffer before a message comes.
#define OLD 0x55

static uint8_t pages[2 * PAGE_SIZE] __aligned(PAGE_SIZE);
static volatile size_t num_words;
static volatile int wrong_word;
static volatile long result;
/// Where the client has its message.
static volatile vaddr_t buffer;

static uintptr_t word_of(size_t n, uintptr_t seed) {
    return seed + n * 0x0101010101010101ul;
}

static void fill(struct message *m, size_t words, uintptr_t seed) {
    memset(m, OLD, sizeof(*m));
    m->type = TYPE(words);
    for (size_t i = 0; i < words; i++) {
        m->words[i] = word_of(i, seed);
    }
}

/// The first word that isn't what was sent, or, behind that, what was there; -1: none.
static int find_wrong(const struct message *m, size_t words, uintptr_t seed) {
    uintptr_t old;
    memset(&old, OLD, sizeof(old));
    for (size_t i = 0; i < MAX_WORDS; i++) {
        if (m->words[i] != (i < words ? word_of(i, seed) : old)) {
            return (int) i;
        }
    }
    return -1;
}

/// The answer to a message of n words has n again, and comes to a buffer in which only those may change.
static void call_with_all_lengths(void) {
    struct message *m = (void *) pages;
    for (size_t words = IPC_WORDS + 1; words <= MAX_WORDS; words++) {
        fill(m, words, words);
        long err = raw_ipc(main_task, main_task, m, IPC_CALL);
        wrong_word = err == OK ? find_wrong(m, words, words + 1000) : (int) err;
        if (wrong_word != -1) {
            break;
        }
    }
}

static void test_every_length(void) {
    wrong_word = -1;
    task_t thread = thread_start(call_with_all_lengths);
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    for (size_t words = IPC_WORDS + 1; words <= MAX_WORDS; words++) {
        CHECK_EQ(m.type, TYPE(words));
        CHECK_EQ(m.src, thread);
        for (size_t i = 0; i < words; i++) {
            CHECK_EQ(m.words[i], word_of(i, words));
        }
        fill(&m, words, words + 1000);
        if (words == MAX_WORDS) {
            ipc_reply(thread, &m);
        } else {
            CHECK_OK(thread_replyrecv(thread, &m));
        }
    }
    thread_join(thread);
    CHECK_EQ(wrong_word, -1);
}

/// A call whose registers don't depend on what is in the buffer.
static void call_from_buffer(void) {
    result = arch_syscall(SYS_IPC_WITH(IPC_CALL), main_task, TYPE(num_words), 0, (long) buffer,
                          (long) word_of(0, 1), (long) word_of(1, 1));
}

static bool expect_fault(task_t thread, vaddr_t page) {
    struct message m;
    return CHECK_OK(thread_recv(IPC_ANY, &m)) && CHECK_EQ(m.type, PAGE_FAULT_MSG)
           && CHECK_EQ(m.src, thread) && CHECK_EQ(ALIGN_DOWN(m.page_fault.vaddr, PAGE_SIZE), page);
}

static void map(task_t thread, size_t page, unsigned flags) {
    vaddr_t vaddr = NOWHERE + page * PAGE_SIZE;
    CHECK_OK(thread_map(thread, vaddr, (vaddr_t) &pages[page * PAGE_SIZE], flags));
}

/// A message of which so many words are in the first page, the others in the next one, which is missing: when it
/// is read, and when the answer is written, as the page only can be read at first.
static void test_missing_page_after(size_t words) {
    struct message *m =
        (void *) &pages[PAGE_SIZE - MESSAGE_HEADER_SIZE - words * sizeof(uintptr_t)];
    buffer = NOWHERE + (vaddr_t) ((uint8_t *) m - pages);
    num_words = MAX_WORDS;
    fill(m, MAX_WORDS, 1);
    task_t thread = thread_create(call_from_buffer, 0);
    map(thread, 0, MAP_W);
    CHECK_OK(task_schedule(thread, own_priority()));
    if (expect_fault(thread, NOWHERE + PAGE_SIZE)) {
        map(thread, 1, 0);
        thread_resume(thread);
    }
    struct message got;
    if (CHECK_OK(thread_recv(IPC_ANY, &got)) && CHECK_EQ(got.type, TYPE(MAX_WORDS))) {
        CHECK_EQ(find_wrong(&got, MAX_WORDS, 1), -1);
        fill(&got, MAX_WORDS, 2);
        CHECK_OK(thread_replyrecv(thread, &got));
        CHECK_EQ(got.type, PAGE_FAULT_MSG);
        CHECK_EQ(got.page_fault.fault, FAULT_WRITE | FAULT_PRESENT);
        CHECK_OK(vm_unmap(thread, NOWHERE + PAGE_SIZE));
        map(thread, 1, MAP_W);
        thread_resume(thread);
    }
    thread_join(thread);
    CHECK_EQ(result, OK);
    // What travelled in registers isn't written to the buffer by the kernel.
    for (size_t i = IPC_WORDS; i < MAX_WORDS; i++) {
        CHECK_EQ(m->words[i], word_of(i, 2));
    }
}

static void test_missing_page(void) {
    for (size_t words = IPC_WORDS; words < MAX_WORDS; words++) {
        test_missing_page_after(words);
    }
}

/// Where a message begins or ends beyond what a program can have: the thread gets an error, or is its pager's.
static const vaddr_t bad_buffers[] = {
    0,
    USER_END - PAGE_SIZE,
    USER_END - MESSAGE_SIZE - 8,
    USER_END - MESSAGE_SIZE + 8,
    USER_END - 64,
    USER_END - 28,
    USER_END - 24,
    USER_END - 20,
    USER_END - 8,
    USER_END,
    0x7ffffffffffffff8ul,
    0x8000000000000000ul,
    0xffff000000000000ul,
    0xffff800000000000ul,
    0xffff800000100000ul,
    0xffffffffffffff00ul,
    0xfffffffffffffff0ul,
};

static void try_bad_buffer(vaddr_t bad, size_t words) {
    buffer = bad;
    num_words = words;
    result = OK;
    task_t thread = thread_start(call_from_buffer);
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    bool faulted = m.type == PAGE_FAULT_MSG;
    bool ended = m.type == EXCEPTION_MSG && (m.exception.exception != EXP_EXIT || result < 0);
    if (m.src != thread || !(faulted || ended)) {
        check_failed(__FILE__, __LINE__, "a buffer at %p is accepted: message %x, result %ld",
                     (void *) bad, (unsigned) m.type, result);
    }
    thread_destroy(thread);
}

static void test_bad_buffers(void) {
    for (size_t i = 0; i < sizeof(bad_buffers) / sizeof(bad_buffers[0]); i++) {
        try_bad_buffer(bad_buffers[i], MAX_WORDS);
        try_bad_buffer(bad_buffers[i], IPC_WORDS + 2);
    }
}

/// A short call, whose answer is longer than registers.
static void call_for_long_answer(void) {
    result = arch_syscall(SYS_IPC_WITH(IPC_CALL), main_task, TYPE(1), 0, (long) buffer, 1, 0);
}

static void try_bad_answer(vaddr_t bad) {
    buffer = bad;
    result = OK;
    task_t thread = thread_start(call_for_long_answer);
    struct message m;
    if (!CHECK_OK(thread_recv(IPC_ANY, &m)) || !CHECK_EQ(m.type, TYPE(1))) {
        return;
    }
    fill(&m, MAX_WORDS, 3);
    CHECK_OK(thread_replyrecv(thread, &m));
    CHECK_EQ(m.src, thread);
    CHECK(m.type == PAGE_FAULT_MSG || m.type == EXCEPTION_MSG);
    thread_destroy(thread);
}

static void test_bad_answers(void) {
    for (size_t i = 0; i < sizeof(bad_buffers) / sizeof(bad_buffers[0]); i++) {
        try_bad_answer(bad_buffers[i]);
    }
}

const struct test_case long_cases[] = {
    {"long.every_length", test_every_length},
    {"long.missing_page", test_missing_page},
    {"long.bad_buffers", test_bad_buffers},
    {"long.bad_answers", test_bad_answers},
    {NULL, NULL},
};
