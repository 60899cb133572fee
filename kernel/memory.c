#include <arch_fastpath.h>
#include <kernel/board.h>
#include <kernel/ipc.h>
#include <kernel/loan.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/rights.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <string.h>

// A page's entry in the frame table: how many times it is mapped in user space, or one of these.
#define FRAME_KERNEL    0xffff  // The kernel's for good, or not RAM.
#define FRAME_TABLE     0xfffe  // A page-table page: the kernel's until its address space ends.
#define FRAME_ZEROED    0xfffd  // Not mapped, and all zeroes: it was a table until now.
#define FRAME_MAX_COUNT 0xfff0

static struct aspace aspaces[CONFIG_NUM_TASKS];
static uint16_t *frames;
size_t memory_num_frames;

void memory_frames_init(size_t num) {
    STATIC_ASSERT(FRAME_KERNEL == 0xffff, "all of its bytes are the same");
    memory_num_frames = num;
    frames = memory_boot_alloc(num * sizeof(frames[0]));
    memset(frames, 0xff, num * sizeof(frames[0]));
}

size_t memory_frames_free(paddr_t base, uint64_t len) {
    size_t num = (size_t) (ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE);
    memset(&frames[base / PAGE_SIZE], 0, num * sizeof(frames[0]));
    return num;
}

size_t memory_frames_keep_mapped(paddr_t base, size_t len) {
    size_t num = ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE;
    for (size_t i = 0; i < num; i++) {
        frames[base / PAGE_SIZE + i] = 1;
    }
    return num;
}

// ---- Address spaces of tasks --------------------------------------------------------------------

error_t memory_read_template(struct task_template *template, vaddr_t name,
                             vaddr_t memory __unused) {
    if (!arch_copy_from_user(template->name, name, sizeof(template->name))) {
        return syscall_fault();
    }
    template->name[TASK_NAME_LEN - 1] = '\0';
    return OK;
}

void memory_init_slot(struct task *task, int slot) {
    task->aspace = &aspaces[slot];
}

void memory_init_task(struct task *task, const struct task_template *template) {
    strncpy2(task->name, template->name, sizeof(task->name));
    task->ool_from = 0;
    task->pull_priority = 0;
    task->peer_tid = 0;
    task->peer = task;
    task->client = task;
    task->borrower = task->lender = NULL;
    task->window_pages = 0;
    spin_lock(&task->aspace->lock);
    task->aspace->dying = false;
    arch_aspace_init(task->aspace);
    spin_unlock(&task->aspace->lock);
}

void memory_begin_destroy(struct task *task) {
    task->aspace->dying = true;
}

void memory_stack_usage(const struct task *task __unused, uint32_t *size, uint32_t *used) {
    *size = *used = 0;
}

error_t syscall_fault(void) {
    struct task *task = current_task();
    memory_note_fault(task);
    arch_syscall_restart(task);
    return SYSCALL_PENDING;
}

void memory_note_fault(struct task *task) {
    unsigned flags;
    task->fault.vaddr = arch_copy_fault(&flags);
    task->fault.flags = flags;
    task->work |= WORK_FAULT;
}

// ---- Counting mappings --------------------------------------------------------------------------

static uint16_t *frame_of(paddr_t paddr) {
    return &frames[paddr / PAGE_SIZE];
}

/// Counts one more mapping of a page of RAM. Returns its entry before that, or an error.
static int __mustuse frame_get(paddr_t paddr) {
    uint16_t *frame = frame_of(paddr);
    uint16_t count = __atomic_load_n(frame, __ATOMIC_RELAXED);
    uint16_t more;
    do {
        more = count + 1;
        if (count >= FRAME_MAX_COUNT) {
            if (count != FRAME_ZEROED) {
                return count >= FRAME_TABLE ? ERR_NOT_PERMITTED : ERR_TOO_LARGE;
            }
            more = 1;
        }
    } while (!__atomic_compare_exchange_n(frame, &count, more, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return count;
}

static void frame_put(paddr_t paddr) {
    if (memory_is_ram(paddr) && *frame_of(paddr) < FRAME_TABLE) {
        __atomic_sub_fetch(frame_of(paddr), 1, __ATOMIC_ACQ_REL);
    }
}

error_t memory_get_pages(const paddr_t *pages, size_t num_pages, size_t *done) {
    size_t i = 0;
    error_t err = OK;
    while (i < num_pages) {
        err = MIN(frame_get(pages[i]), OK);
        if (UNLIKELY(err != OK)) {
            break;
        }
        i++;
    }
    *done = i;
    return err;
}

void memory_put_page(paddr_t paddr) {
    frame_put(paddr);
}

/// In debug builds: stops if a page that should be has something else than zeroes.
static void check_zeroed(paddr_t paddr __unused) {
#ifdef CONFIG_DEBUG
    const uintptr_t *words = arch_ram_ptr(paddr);
    for (size_t i = 0; i < PAGE_SIZE / sizeof(words[0]); i++) {
        if (words[i]) {
            BUG("page %p isn't zeroed at offset %zu", (void *) paddr, i * sizeof(words[0]));
        }
    }
#endif
}

/// Makes a page that nobody has mapped the kernel's.
static error_t __mustuse frame_take(paddr_t paddr) {
    if (!memory_is_ram(paddr)) {
        return ERR_INVALID_ARG;
    }
    uint16_t found = __atomic_load_n(frame_of(paddr), __ATOMIC_RELAXED);
    if ((found && found != FRAME_ZEROED)
        || !__atomic_compare_exchange_n(frame_of(paddr), &found, FRAME_TABLE, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        return ERR_IN_USE;
    }
    if (found != FRAME_ZEROED) {
        memset(arch_ram_ptr(paddr), 0, PAGE_SIZE);
    }
    check_zeroed(paddr);
    return OK;
}

/// What was a table has no entries left.
static void frame_give_back(paddr_t paddr) {
    check_zeroed(paddr);
    __atomic_store_n(frame_of(paddr), FRAME_ZEROED, __ATOMIC_RELEASE);
}

/// Pages that one call of memory_count() looks at: interrupts wait meanwhile.
#define COUNT_AT_ONCE 128

bool memory_count(size_t *at, size_t *mapped, size_t *tables) {
    if (*at >= memory_num_frames) {
        return false;
    }
    size_t end = MIN(*at + COUNT_AT_ONCE, memory_num_frames);
    for (; *at < end; (*at)++) {
        uint16_t frame = frames[*at];
        *tables += frame == FRAME_TABLE;
        *mapped += frame > 0 && frame <= FRAME_MAX_COUNT;
    }
    return true;
}

// ---- Mapping ------------------------------------------------------------------------------------

/// What to map, with a count taken on the page if it is RAM.
struct source {
    paddr_t paddr;
    bool is_ram;
};

/// What one system call goes by when it maps pages.
struct offer {
    // Pages that the caller lets the kernel have for page tables.
    vaddr_t array;                    ///< Where the caller has them; 0: they have been read.
    uintptr_t pages[MAP_TABLES_MAX];  ///< 0 behind the last one.
    unsigned taken;
    // Device memory that the task is known to have been granted.
    paddr_t device_begin, device_end;  ///< An end of 0: none.
};

/// The rare cases of the next one.
static __noinline error_t __mustuse look_up_own(vaddr_t vaddr, unsigned flags,
                                                struct source *source) {
    struct aspace *as = current_task()->aspace;
    unsigned own_flags;
    spin_lock(&as->lock);
    error_t err = arch_is_user_page(vaddr)
                      ? arch_aspace_lookup(as, vaddr, &source->paddr, &own_flags)
                      : ERR_INVALID_ARG;
    if (err == OK && (flags & MAP_W) && !(own_flags & MAP_W)) {
        err = ERR_NOT_PERMITTED;
    }
    if (err == OK && (!memory_is_ram(source->paddr) || (flags & MAP_UNCACHED))) {
        err = ERR_NOT_PERMITTED;  // Devices are handed on by grants.
    }
    if (err == OK) {
        err = MIN(frame_get(source->paddr), OK);
    }
    spin_unlock(&as->lock);
    source->is_ram = true;
    return err == ERR_NOT_FOUND ? ERR_INVALID_ARG : err;
}

/// Finds the page at `vaddr` of the current task, which has to be allowed itself what `flags` allow. The caller
/// holds the CPU's lock, without which nobody changes the task's mappings.
static ALWAYS_INLINE error_t __mustuse source_from_own(vaddr_t vaddr, unsigned flags,
                                                       struct source *source) {
    size_t len = 1;
    const uint8_t *ptr = arch_fast_run(current_task()->aspace, vaddr, flags & MAP_W, &len);
    if (UNLIKELY(!ptr) || UNLIKELY(flags & MAP_UNCACHED)) {
        return look_up_own(vaddr, flags, source);
    }
    source->is_ram = true;
    source->paddr = ALIGN_DOWN(arch_ram_paddr((void *) ptr), PAGE_SIZE);
    return MIN(frame_get(source->paddr), OK);
}

/// Whether a task may use a page of a device. To look that up takes hundreds of instructions: not for each page.
static __noinline bool is_granted(const struct task *task, paddr_t paddr, struct offer *offer) {
    if (paddr >= offer->device_end || paddr < offer->device_begin) {
        offer->device_begin = paddr;
        offer->device_end = rights_end(task, GRANT_MMIO, paddr);
    }
    return offer->device_end - paddr >= PAGE_SIZE;
}

/// Takes a page named by its physical address: RAM, or a device's that the task may use.
static error_t __mustuse source_from_phys(paddr_t paddr, struct task *task, struct offer *offer,
                                          unsigned flags, struct source *source) {
    if (!IS_ALIGNED(paddr, PAGE_SIZE)) {
        return ERR_INVALID_ARG;
    }
    source->paddr = paddr;
    source->is_ram = memory_is_ram(paddr) && *frame_of(paddr) != FRAME_KERNEL;
    if (!source->is_ram) {
        return is_granted(task, paddr, offer) ? OK : ERR_NOT_PERMITTED;
    }
    int before = frame_get(paddr);
    if (before == 0 && (flags & MAP_ZERO)) {
        memset(arch_ram_ptr(paddr), 0, PAGE_SIZE);
    }
    return MIN(before, OK);
}

/// Turns the caller's kpage into a zeroed page of the kernel's.
static error_t __mustuse take_kpage(uintptr_t kpage, unsigned flags, paddr_t *paddr) {
    if (!IS_ALIGNED(kpage, PAGE_SIZE)) {
        return ERR_INVALID_ARG;
    }
    if (flags & MAP_PHYS) {
        *paddr = kpage;
        return frame_take(kpage);
    }
    struct aspace *as = current_task()->aspace;
    unsigned own_flags;
    spin_lock(&as->lock);
    error_t err = arch_is_user_page(kpage) ? arch_aspace_lookup(as, kpage, paddr, &own_flags)
                                           : ERR_INVALID_ARG;
    if (err == OK && (!memory_is_ram(*paddr) || *frame_of(*paddr) != 1)) {
        err = ERR_IN_USE;
    }
    if (err == OK) {
        err = arch_aspace_unmap(as, kpage, paddr);
        frame_put(*paddr);
        // The caller runs here: there is nobody to be told at once.
        (void) smp_forget_aspace(as);
    }
    spin_unlock(&as->lock);
    return err == OK ? frame_take(*paddr) : (err == ERR_NOT_FOUND ? ERR_INVALID_ARG : err);
}

/// The next page of an offer, or 0. Copies are made at the last moment: most mappings need no table.
static uintptr_t next_offered(struct offer *offer) {
    if (offer->array) {
        if (!arch_copy_from_user(offer->pages, offer->array, sizeof(offer->pages))) {
            return 0;
        }
        offer->array = 0;
    }
    return offer->taken < MAP_TABLES_MAX ? offer->pages[offer->taken] : 0;
}

/// Maps a page, with tables of those offered for those that are missing.
static error_t __mustuse map_with_tables(struct task *task, vaddr_t vaddr, paddr_t paddr,
                                         struct offer *offer, unsigned flags) {
    paddr_t table = 0;
    error_t err;
    while ((err = arch_aspace_map(task->aspace, vaddr, paddr, flags, &table)) == ERR_TRY_AGAIN) {
        uintptr_t kpage = next_offered(offer);
        if (!kpage) {
            break;
        }
        err = take_kpage(kpage, flags, &table);
        if (IS_ERROR(err)) {
            break;
        }
        offer->taken++;
    }
    return err;
}

bool memory_is_user_range(vaddr_t vaddr, size_t num_pages) {
    size_t behind = (num_pages - 1) * PAGE_SIZE;
    return num_pages <= UINTPTR_MAX / PAGE_SIZE && vaddr + behind >= vaddr
           && IS_ALIGNED(vaddr, PAGE_SIZE) && arch_is_user_page(vaddr)
           && arch_is_user_page(vaddr + behind);
}

static error_t __mustuse check_map(struct task *caller, vaddr_t vaddr, size_t num_pages,
                                   unsigned flags) {
    if (!memory_is_user_range(vaddr, num_pages) || (flags & ~MAP_FLAGS)
        || ((flags & MAP_W) && (flags & MAP_X))) {
        return ERR_INVALID_ARG;
    }
    unsigned needed = (flags & MAP_PHYS) ? TASK_RIGHT_PHYS : TASK_RIGHT_MAP;
    return (caller->flags & needed) ? OK : ERR_NOT_PERMITTED;
}

/// Whether the current task manages the memory of `task`.
static bool may_page(struct task *caller, struct task *task) {
    return (caller->flags & TASK_RIGHT_PHYS) || task->pager == caller->tid;
}

static ALWAYS_INLINE error_t __mustuse map_page(struct task *task, vaddr_t vaddr, uintptr_t src,
                                                struct offer *offer, unsigned flags) {
    struct source source;
    error_t err = (flags & MAP_PHYS) ? source_from_phys(src, task, offer, flags, &source)
                                     : source_from_own(src, flags, &source);
    if (IS_ERROR(err)) {
        return err;
    }
    // The page is counted; only now is the other address space locked, so never two at a time.
    // take_kpage() locks the caller's while the task's is locked: a task never pages its own pager.
    spin_lock(&task->aspace->lock);
    err = map_with_tables(task, vaddr, source.paddr, offer, flags);
    spin_unlock(&task->aspace->lock);
    if (IS_ERROR(err) && source.is_ram) {
        frame_put(source.paddr);
    }
    return err;
}

/// How much one call does before interrupts get their turn: so many pages, or fewer that are to be
/// cleared, as page tables are, or that caches may have to be told of.
#define MAP_BUDGET      24
#define MAP_BUDGET_ZERO 6
#define MAP_BUDGET_X    2

/// Maps pages until the first one that can't be, or the budget ends. Returns how many.
static size_t map_locked(struct task *task, vaddr_t vaddr, uintptr_t src, size_t num_pages,
                         struct offer *offer, unsigned flags, error_t *err) {
    int budget = MAP_BUDGET;
    int cost = (flags & MAP_ZERO) ? MAP_BUDGET_ZERO : (flags & MAP_X) ? MAP_BUDGET_X : 1;
    size_t done = 0;
    while (done < num_pages && budget > 0) {
        size_t offset = done * PAGE_SIZE;
        int taken = (int) offer->taken;
        *err = map_page(task, vaddr + offset, src + offset, offer, flags);
        if (IS_ERROR(*err)) {
            break;
        }
        done++;
        budget -= cost + ((int) offer->taken - taken) * MAP_BUDGET_ZERO;
    }
    return done;
}

/// Finds a task for the caller to map pages into, and takes its lock.
static error_t __mustuse acquire_target(task_t tid, vaddr_t vaddr, size_t num_pages, unsigned flags,
                                        struct task **target) {
    struct task *caller = current_task();
    error_t err = check_map(caller, vaddr, num_pages, flags);
    if (IS_ERROR(err)) {
        return err;
    }
    struct task *task = task_acquire(tid);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    *target = task;
    if (!(flags & MAP_PHYS) && task == caller) {
        err = ERR_INVALID_ARG;
    } else if (!may_page(caller, task)) {
        err = ERR_NOT_PERMITTED;
    }
    if (IS_ERROR(err)) {
        cpu_release();
    }
    return err;
}

static void release_target(struct task *task, bool mapped, unsigned flags) {
    if (mapped && (flags & MAP_RESUME)) {
        ipc_resume_faulted(task);
    }
    cpu_release();
}

intptr_t memory_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage, unsigned flags) {
    struct task *task;
    error_t err = acquire_target(tid, vaddr, 1, flags, &task);
    if (IS_ERROR(err)) {
        return err;
    }
    struct offer offer;
    offer.array = 0;
    offer.pages[0] = kpage;
    offer.pages[1] = 0;
    offer.taken = 0;
    offer.device_end = 0;
    err = map_page(task, vaddr, src, &offer, flags);
    release_target(task, err == OK, flags);
    return err == OK ? (intptr_t) offer.taken : err;
}

intptr_t memory_map_pages(task_t tid, vaddr_t vaddr, uintptr_t src, vaddr_t kpages, unsigned flags,
                          size_t num_pages) {
    struct task *task;
    error_t err = acquire_target(tid, vaddr, num_pages, flags, &task);
    if (IS_ERROR(err)) {
        return err;
    }
    struct offer offer;
    offer.array = kpages;
    offer.pages[0] = 0;
    offer.taken = 0;
    offer.device_end = 0;
    size_t done = map_locked(task, vaddr, src, num_pages, &offer, flags, &err);
    release_target(task, done > 0, flags);
    if (done || offer.taken) {
        return MAP_DONE(done, offer.taken);
    }
    return (err == ERR_TRY_AGAIN && offer.array) ? syscall_fault() : err;
}

static error_t unmap_locked(struct task *task, vaddr_t vaddr) {
    paddr_t paddr;
    spin_lock(&task->aspace->lock);
    error_t err = arch_aspace_unmap(task->aspace, vaddr, &paddr);
    spin_unlock(&task->aspace->lock);
    if (err == OK) {
        frame_put(paddr);
    }
    return err;
}

/// Unmaps a page for the caller, who waits until no CPU remembers it. The caller of this holds all locks.
static error_t unmap_everywhere(struct task *task, vaddr_t vaddr) {
    struct task *caller = current_task();
    struct cpu *user = loan_take_page_back(task, vaddr);
    if (user) {
        arch_syscall_restart(caller);
        smp_sync(user);
        return SYSCALL_PENDING;
    }
    error_t err = unmap_locked(task, vaddr);
    user = err == OK ? smp_forget_aspace(task->aspace) : NULL;
    if (user) {
        arch_syscall_set_result(caller, OK);
        smp_sync(user);
        err = SYSCALL_PENDING;
    }
    return err;
}

error_t memory_unmap(task_t tid, vaddr_t vaddr) {
    struct task *caller = current_task();
    if (!IS_ALIGNED(vaddr, PAGE_SIZE) || !arch_is_user_page(vaddr)) {
        return ERR_INVALID_ARG;
    }
    if (!(caller->flags & (TASK_RIGHT_PHYS | TASK_RIGHT_MAP))) {
        return ERR_NOT_PERMITTED;
    }
    // All locks: no CPU may take up the address space between the unmap and the look at who uses it.
    cpu_acquire_all();
    struct task *task = task_slot(TASK_SLOT(tid));
    error_t err = ERR_INVALID_TASK;
    if (task && task->tid == tid && task->state != TASK_DYING) {
        err = may_page(caller, task) ? unmap_everywhere(task, vaddr) : ERR_NOT_PERMITTED;
    }
    cpu_release_all();
    return err;
}

void memory_map_init_page(struct task *task, vaddr_t vaddr, paddr_t paddr, unsigned flags) {
    paddr_t table = 0;
    error_t err;
    while ((err = arch_aspace_map(task->aspace, vaddr, paddr, flags, &table)) == ERR_TRY_AGAIN) {
        table = arch_ram_paddr(memory_boot_alloc(PAGE_SIZE));
    }
    if (err != OK) {
        PANIC("cannot map %p into the first task: error %d", (void *) vaddr, err);
    }
}

/// What one call of memory_teardown() does at most, in cache lines of page tables that it looks at: it has to
/// stay below 5,000 instructions.
#define TEARDOWN_BUDGET 120

static void release(paddr_t paddr, bool is_table) {
    if (is_table) {
        frame_give_back(paddr);
    } else {
        frame_put(paddr);
    }
}

bool memory_teardown(struct task *task, bool now) {
    if (!now) {
        return false;
    }
    struct aspace *as = task->aspace;
    spin_lock(&as->lock);
    bool done = arch_aspace_teardown(as, TEARDOWN_BUDGET, release);
    spin_unlock(&as->lock);
    return done;
}
