#include <list.h>
#include <resea/handle.h>
#include <resea/malloc.h>

// A handle consists of its slot's number plus one, and of how often the slot has been used, so that a
// freed handle isn't taken for the slot's next one.
#define INDEX_BITS      16
#define NUM_SLOTS_MAX   ((1 << INDEX_BITS) - 1)
#define GENERATION_MASK 0x7fff

/// The end of the list of free slots.
#define NO_SLOT (-1)

struct slot {
    task_t owner;  ///< 0 if the slot is free.
    int generation;
    int next_free;
    void *data;
};

/// A task with handles. It is in the list as long as it has some.
struct owner {
    list_elem_t next;
    task_t task;
    int num_handles;
};

static struct slot *slots;
static int num_slots;
static int first_free = NO_SLOT;
static list_t owners = {&owners, &owners};

static struct owner *find_owner(task_t task) {
    LIST_FOR_EACH (owner, &owners, struct owner, next) {
        if (owner->task == task) {
            return owner;
        }
    }
    return NULL;
}

static struct owner *find_or_create_owner(task_t task) {
    struct owner *owner = find_owner(task);
    if (owner != NULL) {
        return owner;
    }

    owner = malloc(sizeof(*owner));
    if (owner == NULL) {
        return NULL;
    }
    owner->task = task;
    owner->num_handles = 0;
    list_nullify(&owner->next);
    list_push_back(&owners, &owner->next);
    return owner;
}

static void free_owner_if_unused(struct owner *owner) {
    if (owner->num_handles == 0) {
        list_remove(&owner->next);
        free(owner);
    }
}

static bool grow_slots(void) {
    int wanted = MAX(num_slots * 2, 8);
    int count = MIN(wanted, NUM_SLOTS_MAX);
    if (count == num_slots) {
        return false;
    }

    struct slot *larger = realloc(slots, (size_t) count * sizeof(*slots));
    if (larger == NULL) {
        return false;
    }

    slots = larger;
    for (int i = count - 1; i >= num_slots; i--) {
        slots[i] = (struct slot){.next_free = first_free};
        first_free = i;
    }
    num_slots = count;
    return true;
}

static handle_t handle_of(int index) {
    return (slots[index].generation << INDEX_BITS) | (index + 1);
}

static struct slot *find_slot(task_t owner, handle_t handle) {
    int index = (handle & ((1 << INDEX_BITS) - 1)) - 1;
    if (owner == 0 || handle <= 0 || index < 0 || index >= num_slots) {
        return NULL;
    }
    return (slots[index].owner == owner && handle_of(index) == handle) ? &slots[index] : NULL;
}

static void free_slot(struct slot *slot) {
    slot->owner = 0;
    slot->data = NULL;
    slot->generation = (slot->generation + 1) & GENERATION_MASK;
    slot->next_free = first_free;
    first_free = (int) (slot - slots);
}

handle_t handle_alloc(task_t owner) {
    if (first_free == NO_SLOT && !grow_slots()) {
        return ERR_NO_MEMORY;
    }

    struct owner *o = find_or_create_owner(owner);
    if (o == NULL || o->num_handles >= HANDLES_PER_OWNER) {
        return ERR_NO_MEMORY;
    }

    int index = first_free;
    first_free = slots[index].next_free;
    slots[index].owner = owner;
    o->num_handles++;
    return handle_of(index);
}

void *handle_get(task_t owner, handle_t handle) {
    struct slot *slot = find_slot(owner, handle);
    return (slot != NULL) ? slot->data : NULL;
}

error_t handle_set(task_t owner, handle_t handle, void *data) {
    struct slot *slot = find_slot(owner, handle);
    if (slot == NULL) {
        return ERR_NOT_FOUND;
    }
    slot->data = data;
    return OK;
}

void handle_free(task_t owner, handle_t handle) {
    struct slot *slot = find_slot(owner, handle);
    if (slot == NULL) {
        return;
    }

    free_slot(slot);
    struct owner *o = find_owner(owner);
    o->num_handles--;
    free_owner_if_unused(o);
}

void handle_free_all(task_t owner, void (*before_free)(void *data)) {
    if (find_owner(owner) == NULL) {
        return;
    }

    // The callback may free handles itself, or allocate new ones: only slots[i] is looked at.
    for (int i = 0; i < num_slots; i++) {
        if (slots[i].owner != owner) {
            continue;
        }

        handle_t handle = handle_of(i);
        if (before_free != NULL) {
            before_free(slots[i].data);
        }
        handle_free(owner, handle);
    }
}
