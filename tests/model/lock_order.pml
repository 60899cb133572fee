// Locks between CPUs: cpu_acquire(), cpu_acquire_all() and task_acquire() of kernel/task.c, and the order
// of kernel/spinlock.h: CPUs by number, then one address space, then a leaf.
//
// Three CPUs take them for ever, in every way that the kernel does, for a task that may move from CPU to
// CPU. Nobody waits for ever (Spin's invalid end states), nobody works on the task beside somebody else,
// and it doesn't move under anybody's hands. ipc.pml builds on that: what happens under locks is one
// step there.
//
//   -DBUG_...    mutations, each of which must be found

#define CPUS 3
#define FREE CPUS

byte lock[CPUS];  // who holds it, or FREE
byte aspace_lock, leaf_lock;
byte home;        // the task's CPU
byte workers;     // who work on the task now

inline take(l) { atomic { l == FREE -> l = c } }
inline drop(l) { atomic { assert(l == c); l = FREE } }

// cpu_acquire(): this CPU's lock and another one's.
inline acquire(o) {
    if
    :: o == c -> take(lock[c])
#ifdef BUG_OWN_LOCK_FIRST
    :: o != c -> take(lock[c]); take(lock[o])
#else
    :: o < c -> take(lock[o]); take(lock[c])
    :: o > c -> take(lock[c]); take(lock[o])
#endif
    fi
}

inline release(o) {
    if
    :: o != c -> drop(lock[o])
    :: else -> skip
    fi;
    drop(lock[c])
}

inline acquire_all() {
#ifdef BUG_ALL_BACKWARDS
    i = CPUS;
    do
    :: i > 0 -> i--; take(lock[i])
    :: else -> break
    od;
#else
    i = 0;
    do
    :: i < CPUS -> take(lock[i]); i++
    :: else -> break
    od;
#endif
    i = 0
}

inline release_all() {
    i = CPUS;
    do
    :: i > 0 -> i--; drop(lock[i])
    :: else -> break
    od
}

// task_acquire(): the lock of the task's CPU, which may have become another one by then.
inline acquire_task() {
    do
    :: o = home;
       acquire(o);
#ifdef BUG_NO_SECOND_LOOK
       break
#else
       if
       :: home == o -> break
       :: else -> release(o)
       fi
#endif
    od
}

inline work() {
    atomic { workers++; assert(workers == 1) };
    assert(lock[home] == c);
    atomic { workers-- }
}

// The task comes over to this CPU: smp_pull(), sched_move(). Both locks are held.
inline move_here() {
    atomic { workers++; assert(workers == 1) };
    home = c;
    atomic { workers-- }
}

proctype cpu_process(byte c) {
    byte o = 0, i = 0;

    // `true`: who wants a lock waits for it, and doesn't look for something else to do.
    do
    // A message: to a task of any CPU, which may come over; a look at its page tables.
    :: acquire_task();
       work();
       if
       :: true -> take(aspace_lock); take(leaf_lock); drop(leaf_lock); drop(aspace_lock)
       :: move_here()
       :: skip
       fi;
       release(o)

    // Taking a ready task from another CPU: it is looked at before the locks are taken.
    :: o = home;
       acquire(o);
       if
       :: home == o -> move_here()
       :: else -> skip
       fi;
       release(o)

#ifdef BUG_MOVES_UNDER_ONE_LOCK
    :: true -> take(lock[c]); move_here(); drop(lock[c])
#endif

    // Creating and destroying.
    :: true ->
       acquire_all();
       work();
       take(leaf_lock);
       drop(leaf_lock);
       release_all()

    // Mapping: the address space, without any CPU's lock; then a leaf.
    :: true ->
       take(aspace_lock);
#ifdef BUG_CPU_LOCK_AFTER_ADDRESS_SPACE
       take(lock[c]);
       drop(lock[c]);
#endif
       take(leaf_lock);
       drop(leaf_lock);
       drop(aspace_lock)
    od
}

init {
    atomic {
        lock[0] = FREE; lock[1] = FREE; lock[2] = FREE;
        aspace_lock = FREE; leaf_lock = FREE;
        run cpu_process(0);
        run cpu_process(1);
        run cpu_process(2)
    }
}
