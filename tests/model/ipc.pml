// Messages, notifications, faults and the end of tasks: kernel/ipc.c, and the short way of
// kernel/fastpath.c, with what they use of sched.c, task.c and smp.c, for three tasks on two CPUs.
//
// What a CPU does while it holds locks is one step here: nobody else sees it half done, since whoever
// changes a task has the lock of its CPU (`touch` checks that; lock_order.pml is about the locks
// themselves). A system call is up to four such sections. What is read without a lock is read at the
// end of the section before, and may be out of date when the next one begins: in between, the other
// CPU does anything.
//
// The programs are not written down: a task in user mode makes any of the system calls that CALLS
// allows, with any arguments. `c` is this CPU, `k` the other one whose lock a section holds, or `c`.
//
//   -DCALLS=...  what tasks do, a sum of the bits below
//   -DSERVICE    tasks 1 and 2 are well-behaved clients of task 0, a well-behaved server: when nothing
//                goes on any more, nobody waits for an answer
//   -DATTENTION  the flag that tells a server's short way whether there is something to receive; without, it
//                looks, which is the same to all but the flag's own upkeep
//   -DBUG_...    mutations, each of which must be found
//
// Left out: priorities (the scheduler takes any ready task at any time), rights, the bytes themselves.
// A direct switch to the peer is a block and a wake-up here, which allows all that it does, and more.

#define TIMERS   1   // timers run out: notifications from the kernel
#define NOTIFY   2
#define ONE_WAY  4   // plain sends, and receives from one task or any
#define REPLIES  8   // calls, replies, replies that go on to receive
#define DEATH   16   // task 2 is destroyed, and another one created in its slot
#define FAULTS  32   // page faults: in user mode, and of message buffers
#define PAYLOAD 64   // payloads out of line
#define NOBLOCK 128

#ifndef CALLS
#define CALLS (TIMERS + NOTIFY + ONE_WAY + REPLIES + DEATH)
#endif
#define may(what) ((CALLS & (what)) != 0)

#define TASKS 3
#define NONE  TASKS
#define ANY   0

// Task IDs: slot and generation. Task 2 has two generations.
#define TID(slot, gen) (1 + (slot) + TASKS * (gen))
#define SLOT(tid)      (((tid) - 1) % TASKS)

// States.
#define FREE      0
#define READY     1
#define RUNNING   2
#define SENDING   3
#define RECEIVING 4
#define FAULTED   5
#define SYNCING   6
#define DYING     7

// What a CPU does next with its current task. Each is a section under locks.
#define USER      0
#define SEND      1
#define RECEIVE   2
#define REPORT    3
#define TELL      4  // ipc_notify()
#define DESTROY   5
#define FREE_SLOT 6
#ifdef BUG_FAST_LOOKS_BEFORE_LOCKING
#define FAST      7
#endif

// Results of a section.
#define DONE    0
#define FAILED  1
#define PENDING 2  // The task is blocked, or makes its call again.
#define AGAIN   3
#define RELOCK  4

typedef task_struct {
    byte tid;      // 0: the slot is free
    byte state;
    bit cpu;
    byte waits;    // waits_for
    bit notified;  // pending notifications
#ifdef ATTENTION
    bit attention;
#endif
    bit reported;
    bit faulting;  // WORK_FAULT
    bit in_call;   // makes the system call in its registers, for the first time or again
    byte dst, src; // its registers
    bit sends, receives, replies, noblock, payload;
    byte from;     // the ID that the message in `msg` has come from
    byte first, second;  // senders: slot + 1
}

task_struct task[TASKS];
byte current[2];  // a slot, or NONE
bit must_sync[2]; // an IPI is on its way to the CPU
byte waiter[2];   // who waits until it has come: slot + 1
bit next_gen;     // of task 2
byte client;      // whom a well-behaved server has to answer

#ifdef SERVICE
#define serves true
#define KILLER 1
#else
#define serves false
#define KILLER 0
#endif

#ifdef ATTENTION
#define attention(x)            task[x].attention
#define set_attention(x, value) task[x].attention = value
#else
#define attention(x)            (task[x].notified || task[x].first != 0)
#define set_attention(x, value) skip
#endif

#define cpu_of(x)       task[x].cpu
#define state_of(x)     task[x].state
#define accepts(r, id)  (state_of(r) == RECEIVING && (task[r].waits == ANY || task[r].waits == (id)))
#define alive(id)       (task[SLOT(id)].tid == (id) && state_of(SLOT(id)) != DYING)
#define is_call(x)      (task[x].sends && task[x].receives && task[x].src == task[x].dst && !task[x].noblock)

// ---- What must always hold -----------------------------------------------------------------------

#define queued(x, r) (task[r].first == (x) + 1 || task[r].second == (x) + 1)
#define waits_to_send(x, r) \
    (state_of(x) == SENDING && task[x].waits == task[r].tid && task[r].tid != 0)
#define waits_to_report(x, r) ((r) == 0 && (x) != 0 && state_of(x) == FAULTED && !task[x].reported)

// Between a sender (or whoever reports a fault) and its receiver.
#define pair_holds(x, r)                                                                   \
    /* no lost wake-up: a message that waits for a receiver that waits for it */           \
    assert(!(waits_to_send(x, r) && accepts(r, task[x].tid)));                             \
    assert(!(waits_to_report(x, r) && accepts(r, task[x].tid)));                           \
    /* who waits is in the receiver's queue, and nobody else is */                         \
    assert(queued(x, r) == (waits_to_send(x, r) || waits_to_report(x, r)));                \
    /* nobody waits for who is gone */                                                     \
    assert(!(state_of(x) == RECEIVING && task[x].waits != ANY && !alive(task[x].waits)));  \
    assert(!(state_of(x) == SENDING && !alive(task[x].waits)))

#define task_holds(x)                                                                     \
    /* no lost notification */                                                            \
    assert(!(state_of(x) == RECEIVING && task[x].waits == ANY && task[x].notified));       \
    assert(attention(x) || (!task[x].notified && task[x].first == 0));                     \
    assert(state_of(x) != RUNNING || current[cpu_of(x)] == (x));                           \
    assert((state_of(x) == FREE) == (task[x].tid == 0))

inline check() {
    pair_holds(0, 1); pair_holds(0, 2); pair_holds(1, 0);
    pair_holds(1, 2); pair_holds(2, 0); pair_holds(2, 1);
    task_holds(0); task_holds(1); task_holds(2);
    assert(current[0] == NONE || task[current[0]].tid != 0);
    assert(current[1] == NONE || task[current[1]].tid != 0);
    assert(current[0] == NONE || current[0] != current[1])
}

// The section is over. What has no meaning any more is forgotten: that keeps states few.
inline release() {
    check();
    k = c;
    result = 0;
    moved = false;
    if
    :: step == USER -> t = 0; d = 0; seen = 0; notified = false
    :: step == RECEIVE -> d = 0; seen = 0
    :: else -> skip
    fi
}

// ---- Small pieces --------------------------------------------------------------------------------

// Changing a task takes the lock of its CPU.
#define touch(x) assert(cpu_of(x) == c || cpu_of(x) == k)

inline wake(x) {
    touch(x);
    assert(state_of(x) != READY && state_of(x) != RUNNING && state_of(x) != FREE);
    state_of(x) = READY
}

// The task's system call is over: its registers are its own again.
inline end_call(x) {
    task[x].in_call = 0;
    task[x].sends = 0; task[x].receives = 0; task[x].replies = 0; task[x].noblock = 0;
    task[x].payload = 0; task[x].dst = 0; task[x].src = 0; task[x].from = 0
}

// complete(), for a task that waited.
inline complete(x) {
    task[x].waits = 0;
    end_call(x);
    wake(x)
}

inline restart_receive(x) {
    task[x].sends = 0;
    task[x].in_call = 1
}

inline block(x, new_state) {
    touch(x);
    assert(current[c] == x);
    state_of(x) = new_state;
    current[c] = NONE
}

inline push_back(x, r) {
    touch(r);
    set_attention(r, 1);
    if
    :: task[r].first == 0 -> task[r].first = x + 1
    :: else -> assert(task[r].second == 0); task[r].second = x + 1
    fi
}

inline push_front(x, r) {
    touch(r);
    set_attention(r, 1);
    assert(task[r].second == 0);
    task[r].second = task[r].first;
    task[r].first = x + 1
}

inline remove(x, r) {
    touch(r);
    if
    :: task[r].second == x + 1 -> task[r].second = 0
    :: task[r].first == x + 1 -> task[r].first = task[r].second; task[r].second = 0
    :: else -> assert(false)
    fi
}

// A message has arrived: it must have been meant for this very task, and come from that one.
inline arrived(x, r) {
    assert(task[x].dst == task[r].tid);
    assert(task[x].from == task[x].tid);
    if
    :: (r) == 0 && is_call(x) && serves -> client = task[x].tid
    :: else -> skip
    fi
}

// task_acquire(): looks for a task without a lock…
inline look(id) {
    d = SLOT(id);
    if
    :: task[d].tid == (id) -> seen = cpu_of(d)
    :: else -> d = NONE
    fi
}

// … and looks again, now with the lock of the CPU that it was on: the section has begun. `moved`: it is
// another CPU's by now.
inline look_again(id) {
    k = seen;
    moved = false;
    if
    :: d == NONE -> skip
#ifdef BUG_NO_SECOND_LOOK_AT_ID
    :: d != NONE && task[d].tid != 0 && cpu_of(d) == k && state_of(d) != DYING -> skip
#elif defined(BUG_NO_SECOND_LOOK_AT_CPU)
    :: d != NONE && task[d].tid == (id) && state_of(d) != DYING -> skip
#else
    :: d != NONE && task[d].tid == (id) && cpu_of(d) == k && state_of(d) != DYING -> skip
#endif
    :: else ->
        moved = (task[d].tid == (id) && cpu_of(d) != k);
        d = NONE
    fi
}

// ---- Sending -------------------------------------------------------------------------------------

inline fail_send(x) {
    if
    :: task[x].replies && task[x].receives -> task[x].waits = 0; restart_receive(x); wake(x)
    :: else -> complete(x)
    fi
}

// switch_to_receiver(): what `d` waited for has come from `t`.
inline deliver() {
    arrived(t, d);
    complete(d);
    if
    :: is_call(t) -> block(t, RECEIVING); task[t].waits = task[d].tid; result = PENDING
    :: else -> skip
    fi
}

// transfer_send(), and what is made of its result; `ready`: `d` waits for it.
inline transfer() {
    task[t].from = task[t].tid;
    if
    :: ready && !task[t].payload -> deliver()
    :: ready && task[t].payload ->  // let_receiver_pull()
        task[d].waits = 0;
        restart_receive(d);
        task[t].waits = task[d].tid;
        push_front(t, d);
        block(t, SENDING);
        wake(d);
        result = PENDING
    :: !ready ->
        block(t, SENDING);
        task[t].waits = task[d].tid;
        push_back(t, d);
        result = PENDING
    :: may(FAULTS) && t != 0 -> task[t].faulting = 1; result = PENDING  // The buffer isn't there.
    fi
}

// Both CPUs' locks are held.
inline send_found() {
    touch(t);
    ready = accepts(d, task[t].tid);
    if
#ifdef BUG_RESUMED_BEFORE_THE_REPORT
    :: state_of(d) == FAULTED && t == 0 ->
#else
    :: state_of(d) == FAULTED && task[d].reported && t == 0 ->
#endif
        task[d].reported = 0;  // answer_fault()
        wake(d)
    :: else ->
        if
        :: !ready && (task[t].replies || task[t].noblock) -> result = FAILED
        :: else -> transfer()
        fi
    fi;
    ready = false
}

// send() of ipc.c, and what comes after it.
inline send_section() {
    look_again(task[t].dst);
    result = DONE;
    if
    :: moved -> skip
    :: !moved && (d == NONE || d == t) -> result = FAILED
    :: else -> send_found()
    fi;
    if
    :: moved -> look(task[t].dst)
    :: !moved && result == PENDING -> step = USER
    :: !moved && result != PENDING && task[t].receives && (result == DONE || task[t].replies) ->
        go_on_to_receive()
    :: else -> end_call(t); step = USER
    fi
}

// ---- Receiving -----------------------------------------------------------------------------------

// next_sender(): `s` is who has something for `t`, or NONE. Reads tasks of other CPUs without locks.
inline next_sender() {
    s = NONE;
    if
    :: task[t].src == ANY && task[t].first != 0 -> s = task[t].first - 1
    :: task[t].src != ANY && task[SLOT(task[t].src)].tid == task[t].src &&
       (waits_to_send(SLOT(task[t].src), t) || waits_to_report(SLOT(task[t].src), t)) ->
        s = SLOT(task[t].src)
    :: else -> skip
    fi
}

inline finish_send() {
    if
    :: !task[s].receives -> complete(s)
#ifndef BUG_CALLER_IS_WOKEN_TO_RECEIVE
    :: is_call(s) -> state_of(s) = RECEIVING; task[s].waits = task[t].tid
#endif
    :: else -> task[s].waits = 0; restart_receive(s); wake(s)
    fi
}

inline receive_from() {
    touch(s);
    if
    :: state_of(s) == FAULTED -> remove(s, t); task[s].reported = 1; result = DONE
    :: state_of(s) == SENDING ->
        arrived(s, t);
        remove(s, t);
        finish_send();
        result = DONE
    :: state_of(s) == SENDING && task[s].payload && may(FAULTS) && s != 0 ->
        // drop_sender(): it lacks a page of the payload, faults itself, and sends anew.
        remove(s, t);
        task[s].waits = 0;
        task[s].faulting = 1;
        task[s].in_call = 1;
        wake(s);
        result = AGAIN
    :: state_of(s) == SENDING && task[s].payload && may(FAULTS) && t != 0 && s != 0 ->
        // The receiver's buffer isn't there. Its own fault comes first; the sender stays.
        task[t].faulting = 1;
        restart_receive(t);
        result = PENDING
    fi
}

// receive_once(), with the lock of `k` beside our own. RELOCK: the sender is another CPU's.
inline receive_section() {
#ifndef BUG_LOOKS_BEFORE_LOCKING
    next_sender();
#endif
#ifndef BUG_LOOKS_FOR_NOTIFICATIONS_BEFORE_LOCKING
    notified = task[t].notified;
#endif
    if
    :: s != NONE && cpu_of(s) != c && cpu_of(s) != k -> result = RELOCK
    :: !(s != NONE && cpu_of(s) != c && cpu_of(s) != k) && task[t].src == ANY && notified ->
        task[t].notified = 0;
        result = DONE
    :: else ->
        if
        :: s != NONE -> receive_from()
        :: s == NONE && task[t].src != ANY && !alive(task[t].src) -> result = DONE
        :: s == NONE && (task[t].src == ANY || alive(task[t].src)) && task[t].noblock ->
            result = DONE
        :: else ->
            block(t, RECEIVING);
            task[t].waits = task[t].src;
            if
            :: task[t].src == ANY -> set_attention(t, 0)
            :: else -> skip
            fi;
            result = PENDING
        fi
    fi;
    notified = false
}

inline go_on_to_receive() {
    step = RECEIVE;
#ifdef BUG_LOOKS_BEFORE_LOCKING
    next_sender();
#endif
#ifdef BUG_LOOKS_FOR_NOTIFICATIONS_BEFORE_LOCKING
    notified = task[t].notified;
#endif
    k = c
}

inline receive_step() {
    k = (relock -> 1 - c : c);
    relock = false;
    receive_section();
    s = NONE;
    if
    :: result == PENDING -> step = USER
    :: result == DONE -> end_call(t); step = USER
    :: result == RELOCK -> relock = true
    :: result == AGAIN -> go_on_to_receive()
    fi
}

// ---- The short way -------------------------------------------------------------------------------

// What fastpath.c compares under this CPU's own lock. The long way may be taken all the same: the lock isn't
// free, somebody is more urgent, a page isn't there.

#ifdef BUG_FAST_WITHOUT_THE_CPU
#define receives_here(x) (state_of(x) == RECEIVING)
#else
#define receives_here(x) (state_of(x) == RECEIVING && cpu_of(x) == c)
#endif

#ifdef BUG_FAST_WITHOUT_THE_ID
#define is_named(x, id) true
#else
#define is_named(x, id) (task[x].tid == (id))
#endif

#define can_call(x) (is_named(x, task[t].dst) && task[x].waits == ANY && receives_here(x))

#ifdef BUG_FAST_WITHOUT_WHOM_IT_WAITS_FOR
#define waits_for_us(x) true
#else
#define waits_for_us(x) (task[x].waits == task[t].tid)
#endif

#ifdef BUG_FAST_WITHOUT_ATTENTION
#define has_nothing_to_take true
#else
#define has_nothing_to_take (!attention(t))
#endif

#define is_serve \
    (task[t].sends && task[t].receives && task[t].replies && task[t].src == ANY && !task[t].noblock)
#define can_serve(x) \
    (is_named(x, task[t].dst) && waits_for_us(x) && has_nothing_to_take && receives_here(x))

#define can_go_over                                                           \
    (task[t].sends && ((is_call(t) && can_call(SLOT(task[t].dst)))            \
                       || (is_serve && can_serve(SLOT(task[t].dst)))))

// The message is in registers; the CPU is left to `d`.
inline go_over() {
    d = SLOT(task[t].dst);
    touch(d);
    assert(accepts(d, task[t].tid));
    task[t].from = task[t].tid;
    arrived(t, d);
    task[d].waits = 0;
    end_call(d);
    task[t].waits = (is_call(t) -> task[t].dst : ANY);
    state_of(t) = RECEIVING;
    state_of(d) = RUNNING;
    current[c] = d;
    step = USER
}

// ---- The system calls ----------------------------------------------------------------------------

inline notify_locked(x) {
    touch(x);
    task[x].notified = 1;
    if
    :: state_of(x) == RECEIVING && task[x].waits == ANY -> task[x].notified = 0; complete(x)
#ifndef BUG_NOTIFICATIONS_CALL_NO_ATTENTION
    :: else -> set_attention(x, 1)
#else
    :: else -> skip
#endif
    fi
}

inline notify_section() {
    look_again(peer);
    if
    :: d != NONE -> notify_locked(d)
    :: else -> skip
    fi;
    if
    :: moved -> look(peer)
    :: else -> peer = 0; step = USER
    fi
}

// ipc_report(): the current task's fault is told to its pager, task 0.
inline report_section() {
    look_again(TID(0, 0));
    if
    :: moved -> look(TID(0, 0))
    :: else ->
        task[t].faulting = 0;
        block(t, FAULTED);
        task[t].reported = accepts(0, task[t].tid);
        if
        :: task[t].reported -> complete(0)
        :: else -> push_back(t, 0)
        fi;
        step = USER
    fi
}

// abort_some() for task 2, of which one step is enough; all locks are held.
inline abort_waiting_for_victim(x) {
    if
    :: queued(x, 2) -> remove(x, 2); fail_send(x)
    :: else -> skip
    fi;
    if
#ifndef BUG_RECEIVERS_ARE_NOT_ABORTED
    :: state_of(x) == RECEIVING && task[x].waits == task[2].tid -> complete(x)
#endif
    :: else -> skip
    fi
}

inline leave_queue_of(r) {
    if
    :: queued(2, r) -> remove(2, r)
    :: else -> skip
    fi
}

inline begin_destroy() {
    leave_queue_of(0);
    leave_queue_of(1);
    abort_waiting_for_victim(0);
    abort_waiting_for_victim(1);
    state_of(2) = DYING
}

// destroy_locked(). Until the CPU that runs the task has heard of it, the task may begin something new:
// the caller comes again, and begins again.
inline destroy_locked() {
#ifdef BUG_DESTROY_BEGINS_ONCE
    if
    :: !task[t].payload -> begin_destroy()
    :: else -> skip
    fi;
    task[t].payload = 1;
#else
    begin_destroy();
#endif
    if
#ifndef BUG_DESTROY_DOES_NOT_WAIT
    :: current[1 - c] == 2 ->
        waiter[1 - c] = t + 1;
        must_sync[1 - c] = 1;
        block(t, SYNCING);
        result = PENDING
#endif
    :: else -> result = DONE
    fi
}

// free_slot().
inline free_slot() {
    state_of(2) = FREE;
    task[2].tid = 0;
    task[2].waits = 0;
    task[2].notified = 0;
    set_attention(2, 0);
    task[2].reported = 0;
    task[2].faulting = 0;
    end_call(2);
    next_gen = 1
}

inline destroy_section() {
    k = 1 - c;
    result = FAILED;
    if
    :: task[2].tid != 0 -> destroy_locked()
    :: else -> skip
    fi;
    if
    :: result == DONE -> step = FREE_SLOT  // After memory_teardown(), which takes no lock.
    :: result == PENDING -> step = USER
    :: result == FAILED -> end_call(t); step = USER
    fi
}

inline create_section() {
    k = 1 - c;
    task[2].tid = TID(2, next_gen);
    set_attention(2, 1);
    cpu_of(2) = c;
    state_of(2) = READY
}

// ---- Programs ------------------------------------------------------------------------------------

// Any task that there may be, or have been, but itself.
inline choose_peer() {
    if
    :: t != 0 -> peer = TID(0, 0)
    :: t != 1 -> peer = TID(1, 0)
    :: t != 2 -> peer = TID(2, 0)
    :: t != 2 && next_gen -> peer = TID(2, 1)
    fi
}

// In `dst`: no task has this ID.
#define DESTROY_CALL 255

// The current task makes the system call in its registers.
inline begin_call() {
    task[t].in_call = 1;
    if
    :: task[t].dst == DESTROY_CALL -> step = DESTROY
#ifdef BUG_FAST_LOOKS_BEFORE_LOCKING
    :: task[t].dst != DESTROY_CALL && can_go_over -> step = FAST
#else
    :: task[t].dst != DESTROY_CALL && can_go_over -> go_over()
#endif
    :: task[t].dst != DESTROY_CALL && task[t].sends -> look(task[t].dst); step = SEND
    :: else -> go_on_to_receive()
    fi
}

#ifdef SERVICE

// Task 0 answers everybody. The others call it, as long as they like.
inline choose_call() {
    if
    :: t == 0 && client == 0 -> task[0].receives = 1
    :: t == 0 && client != 0 ->
        task[0].sends = 1; task[0].replies = 1; task[0].receives = 1; task[0].dst = client;
        client = 0
    :: t != 0 -> task[t].sends = 1; task[t].receives = 1; task[t].dst = TID(0, 0); task[t].src = TID(0, 0)
    :: t != 0 -> task[t].receives = 1
    fi;
    begin_call()
}

#else

inline choose_call() {
    choose_peer();
    if
    :: may(REPLIES) -> task[t].sends = 1; task[t].receives = 1; task[t].dst = peer; task[t].src = peer
    :: may(REPLIES) -> task[t].sends = 1; task[t].replies = 1; task[t].dst = peer
    :: may(REPLIES) ->
        task[t].sends = 1; task[t].receives = 1; task[t].replies = 1; task[t].dst = peer
    :: may(ONE_WAY) -> task[t].sends = 1; task[t].dst = peer
    :: may(ONE_WAY) -> task[t].receives = 1; task[t].src = peer
    :: task[t].receives = 1
    :: may(ONE_WAY) && may(REPLIES) -> task[t].sends = 1; task[t].receives = 1; task[t].dst = peer
    fi;
    if
    :: may(PAYLOAD) && task[t].sends -> task[t].payload = 1
    :: may(NOBLOCK) -> task[t].noblock = 1
    :: skip
    fi;
    peer = 0;
    begin_call()
}

#endif

#define any_ready (state_of(0) == READY || state_of(1) == READY || state_of(2) == READY)

// Nothing goes on, unless a timer runs out.
#define quiet                                                                  \
    (current[0] == NONE && current[1] == NONE && !any_ready && !must_sync[0]   \
     && !must_sync[1] && waiter[0] == 0 && waiter[1] == 0)
#define satisfied(x) (state_of(x) == FREE || (state_of(x) == RECEIVING && task[x].waits == ANY))

inline user_step() {
    if
    :: task[t].faulting -> look(TID(0, 0)); step = REPORT
    :: !task[t].faulting && task[t].in_call -> begin_call()
    :: !task[t].faulting && !task[t].in_call ->
        if
        :: choose_call()
        :: may(DEATH) && t == KILLER -> task[t].dst = DESTROY_CALL; begin_call()
        :: may(DEATH) && t == KILLER && task[2].tid == 0 -> create_section()
        :: may(NOTIFY) -> choose_peer(); look(peer); step = TELL
        :: may(FAULTS) && t != 0 -> look(TID(0, 0)); step = REPORT
        fi
    fi
}

// kernel_ipi(): first this CPU leaves a dying task alone, then it wakes who waits for that.
inline ipi_step() {
    if
    :: must_sync[c] ->
        must_sync[c] = 0;
        if
        :: current[c] != NONE && state_of(current[c]) == DYING -> current[c] = NONE
        :: else -> skip
        fi
    :: else -> k = 1 - c; wake(waiter[c] - 1); waiter[c] = 0
    fi
}

// pick(): any ready task; an idle CPU also takes one of the other's.
inline run_another() {
    if
    :: current[c] != NONE -> state_of(current[c]) = READY  // Also of a dying one.
    :: else -> skip
    fi;
    if
    :: state_of(0) == READY -> t = 0
    :: state_of(1) == READY -> t = 1
    :: state_of(2) == READY -> t = 2
    fi;
    k = cpu_of(t);
    touch(t);
    cpu_of(t) = c;
    state_of(t) = RUNNING;
    current[c] = t
}

// Each option is one section, or a few reads.
proctype processor(byte c) {
    byte k = c, t, d, s = NONE, seen, peer, step = USER, result;
    bool ready, moved, notified, relock;

end:
    do
    :: atomic { step == USER && (must_sync[c] || waiter[c] != 0) -> ipi_step(); release() }
    :: atomic { step == USER && any_ready -> run_another(); release() }
    :: atomic { step == USER && may(TIMERS) && !task[0].notified ->
                peer = TID(0, 0); look(peer); step = TELL }
    :: atomic { step == USER && current[c] != NONE -> t = current[c]; user_step(); release() }
    :: atomic { step == SEND -> send_section(); release() }
    :: atomic { step == RECEIVE -> receive_step(); release() }
#ifdef BUG_FAST_LOOKS_BEFORE_LOCKING
    :: atomic { step == FAST -> go_over(); release() }
#endif
    :: atomic { step == REPORT -> report_section(); release() }
    :: atomic { step == TELL -> notify_section(); release() }
    :: atomic { step == DESTROY -> destroy_section(); release() }
    :: atomic { step == FREE_SLOT -> k = 1 - c; free_slot(); end_call(t); step = USER; release() }
    :: atomic { serves && quiet -> assert(satisfied(0) && satisfied(1) && satisfied(2)) }
    od
}

init {
    atomic {
        task[0].tid = TID(0, 0); task[1].tid = TID(1, 0); task[2].tid = TID(2, 0);
        state_of(0) = READY; state_of(1) = READY; state_of(2) = READY;
        set_attention(0, 1); set_attention(1, 1); set_attention(2, 1);
        current[0] = NONE; current[1] = NONE;
        run processor(0);
        run processor(1)
    }
}
