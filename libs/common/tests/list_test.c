#include "random.h"

#include <list.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unittest.h>

struct item {
    int value;
    list_elem_t next;
};

static void push_items(list_t *list, struct item *items, int count) {
    list_init(list);
    for (int i = 0; i < count; i++) {
        items[i].value = i;
        list_nullify(&items[i].next);
        list_push_back(list, &items[i].next);
    }
}

TEST("a new list is empty") {
    list_t list;
    list_init(&list);
    TEST_EXPECT(list_is_empty(&list));
    TEST_EXPECT_EQ(list_len(&list), 0);
    TEST_EXPECT_EQ(list_pop_front(&list), NULL);
    TEST_EXPECT_EQ(LIST_POP_FRONT(&list, struct item, next), NULL);
    TEST_EXPECT_EQ(LIST_FRONT(&list, struct item, next), NULL);
    LIST_FOR_EACH (item, &list, struct item, next) {
        TEST_EXPECT_EQ(item->value, -1);
    }
}

TEST("elements come out in the order in which they were pushed") {
    list_t list;
    struct item items[4];
    push_items(&list, items, 3);
    items[3] = (struct item){.value = 99};
    list_push_front(&list, &items[3].next);
    TEST_EXPECT_EQ(list_len(&list), 4);
    TEST_EXPECT_EQ(LIST_FRONT(&list, struct item, next)->value, 99);
    TEST_EXPECT_EQ(LIST_POP_FRONT(&list, struct item, next)->value, 99);
    for (int i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(LIST_POP_FRONT(&list, struct item, next)->value, i);
    }
    TEST_EXPECT(list_is_empty(&list));
}

TEST("the current element may be removed and freed while walking") {
    list_t list;
    list_init(&list);
    for (int i = 0; i < 10; i++) {
        struct item *item = calloc(1, sizeof(*item));
        item->value = i;
        list_push_back(&list, &item->next);
    }

    int sum = 0;
    LIST_FOR_EACH (item, &list, struct item, next) {
        sum += item->value;
        list_remove(&item->next);
        free(item);
    }
    TEST_EXPECT_EQ(sum, 45);
    TEST_EXPECT(list_is_empty(&list));
}

TEST("break and continue work while walking, nested, too") {
    list_t list;
    struct item items[5];
    push_items(&list, items, 5);
    int visited = 0;
    LIST_FOR_EACH (outer, &list, struct item, next) {
        LIST_FOR_EACH (inner, &list, struct item, next) {
            if (inner->value == 1) {
                break;
            }
            visited++;
        }
        if (outer->value % 2 == 1) {
            continue;
        }
        if (outer->value == 4) {
            break;
        }
        visited += 100;
    }
    TEST_EXPECT_EQ(visited, 205);
}

TEST("an element knows whether it is in a list") {
    list_t list;
    struct item items[2];
    push_items(&list, items, 2);
    TEST_EXPECT(list_is_linked(&items[0].next));
    TEST_EXPECT(list_contains(&list, &items[0].next));
    list_remove(&items[0].next);
    TEST_EXPECT(!list_is_linked(&items[0].next));
    TEST_EXPECT(!list_contains(&list, &items[0].next));
    TEST_EXPECT(list_contains(&list, &items[1].next));
}

#ifdef CONFIG_DEBUG

/// Whether `misuse` ends the process by a trap.
static bool traps(void (*misuse)(void)) {
    pid_t child = fork();
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        close(STDERR_FILENO);
        misuse();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static list_t shared_list;
static struct item shared_items[3];

static void push_twice(void) {
    push_items(&shared_list, shared_items, 2);
    list_push_back(&shared_list, &shared_items[0].next);
}

static void remove_twice(void) {
    push_items(&shared_list, shared_items, 2);
    list_remove(&shared_items[0].next);
    list_remove(&shared_items[0].next);
}

static void remove_damaged(void) {
    push_items(&shared_list, shared_items, 3);
    shared_items[2].next.prev = &shared_items[0].next;
    list_remove(&shared_items[1].next);
}

static void use_correctly(void) {
    push_items(&shared_list, shared_items, 2);
    list_remove(&shared_items[0].next);
}

TEST("misuse of a list traps in debug builds") {
    TEST_EXPECT(traps(push_twice));
    TEST_EXPECT(traps(remove_twice));
    TEST_EXPECT(traps(remove_damaged));
    TEST_EXPECT(!traps(use_correctly));
}

#endif
