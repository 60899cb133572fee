#ifndef __LIST_H__
#define __LIST_H__

/// \file
/// Intrusive, circular, doubly-linked lists: the links live in the elements, nothing is allocated and
/// everything but LIST_FOR_EACH and list_len takes constant time.
///
///     struct job { list_elem_t next; int number; };
///     list_t jobs;
///     list_init(&jobs);
///     list_push_back(&jobs, &job->next);
///     LIST_FOR_EACH (job, &jobs, struct job, next) { … }
///
/// An element that is in no list has NULL links: zeroed memory is a fine one. Debug builds trap on an
/// element that is pushed twice or removed twice, and on neighbours that don't point back.

#include <config.h>
#include <types.h>

struct list {
    struct list *prev;
    struct list *next;
};

typedef struct list list_t;
typedef struct list list_elem_t;

#ifdef CONFIG_DEBUG
#    define LIST_CHECK(expr)      \
        do {                      \
            if (!(expr)) {        \
                __builtin_trap(); \
            }                     \
        } while (0)
#else
#    define LIST_CHECK(expr) ((void) 0)
#endif

/// The struct that a list element is part of.
#define LIST_CONTAINER(elem, container, field) \
    ((container *) (void *) ((uint8_t *) (elem) -offsetof(container, field)))

/// The element of a container, without reading the container (which may be the list's head).
#define LIST_LINK(var, container, field) \
    ((list_elem_t *) (void *) ((uint8_t *) (var) + offsetof(container, field)))

static inline void list_init(list_t *list) {
    list->prev = list;
    list->next = list;
}

/// Marks the element as being in no list, for memory that isn't zeroed.
static inline void list_nullify(list_elem_t *elem) {
    elem->prev = NULL;
    elem->next = NULL;
}

static inline bool list_is_empty(const list_t *list) {
    return list->next == list;
}

/// Whether the element is in some list.
static inline bool list_is_linked(const list_elem_t *elem) {
    return elem->next != NULL;
}

static inline size_t list_len(const list_t *list) {
    size_t len = 0;
    for (const list_elem_t *elem = list->next; elem != list; elem = elem->next) {
        len++;
    }
    return len;
}

static inline bool list_contains(const list_t *list, const list_elem_t *wanted) {
    for (const list_elem_t *elem = list->next; elem != list; elem = elem->next) {
        if (elem == wanted) {
            return true;
        }
    }
    return false;
}

static inline void list_insert_between(list_elem_t *prev, list_elem_t *elem, list_elem_t *next) {
    LIST_CHECK(!list_is_linked(elem));
    LIST_CHECK(prev->next == next && next->prev == prev);
    elem->prev = prev;
    elem->next = next;
    prev->next = elem;
    next->prev = elem;
}

static inline void list_push_back(list_t *list, list_elem_t *elem) {
    list_insert_between(list->prev, elem, list);
}

static inline void list_push_front(list_t *list, list_elem_t *elem) {
    list_insert_between(list, elem, list->next);
}

/// Takes the element out of the list it is in. Doesn't need to know which one that is.
static inline void list_remove(list_elem_t *elem) {
    LIST_CHECK(list_is_linked(elem));
    LIST_CHECK(elem->prev->next == elem && elem->next->prev == elem);
    elem->prev->next = elem->next;
    elem->next->prev = elem->prev;
    list_nullify(elem);
}

/// NULL if the list is empty.
static inline list_elem_t *list_pop_front(list_t *list) {
    if (list_is_empty(list)) {
        return NULL;
    }

    list_elem_t *elem = list->next;
    list_remove(elem);
    return elem;
}

/// Removes and returns the first container, or NULL.
#define LIST_POP_FRONT(list, container, field)                                            \
    ({                                                                                    \
        list_elem_t *__elem = list_pop_front(list);                                       \
        (__elem != NULL) ? LIST_CONTAINER(__elem, container, field) : (container *) NULL; \
    })

/// The first container, which stays in the list, or NULL.
#define LIST_FRONT(list, container, field) \
    (list_is_empty(list) ? (container *) NULL : LIST_CONTAINER((list)->next, container, field))

/// Walks through all containers, declaring `var` as a pointer to each. The body may remove (and free)
/// the current one, but no other; `break` and `continue` mean what they say.
#define LIST_FOR_EACH(var, list, container, field)                                                 \
    for (container *var = LIST_CONTAINER((list)->next, container, field),                          \
                   *__next_##var = LIST_CONTAINER((list)->next->next, container, field);           \
         var != LIST_CONTAINER(list, container, field);                                            \
         var = __next_##var, __next_##var = LIST_CONTAINER(LIST_LINK(var, container, field)->next, \
                                                           container, field))

#endif
