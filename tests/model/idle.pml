// CPUs that sleep, and how they are woken: sched_wake(), sched_kick() and sched_pick() of kernel/sched.c,
// smp_idle() and its helpers in kernel/smp.c. Two CPUs, three tasks that block and are woken.
//
// When nothing goes on any more (each CPU sleeps with no interrupt on its way, or runs a program that
// never enters the kernel), no CPU sleeps while a task waits for its turn, its own or another CPU's.
//
// What happens under a lock is one step (see lock_order.pml), a look without one is another. Memory is
// sequentially consistent here: barriers are not what this is about. Tasks have the same priority.
//
//   -DBUG_...    mutations, each of which must be found

bit idle[2];      // idle_cpus
bit resched[2];
bit ipi[2];       // An interrupt is on its way, or waits until the kernel lets interrupts in.
byte ready[2];    // tasks in the run queue
bit running[2];   // current != NULL
byte blocked[2];  // tasks that wait, by their CPU
bit asleep[2];
bit in_user[2];

// sched_kick(): who has been told already needn't be interrupted. The interrupt is sent when the locks are
// dropped, at the end of the step.
inline kick(x) {
    if
    :: !resched[x] -> resched[x] = 1; ipi[x] = (x == c -> ipi[x] : 1)
    :: else -> skip
    fi
}

inline call_idle_cpu(x) {
    if
    :: idle[1 - x] -> kick(1 - x)
    :: else -> skip
    fi
}

// sched_wake_before_block(): nobody is called for what this CPU will do in a moment.
inline wake_before_block(x) {
    blocked[x]--;
    ready[x]++;
    if
#ifndef BUG_NO_KICK
    :: !running[x] || x != c -> kick(x)
#endif
    :: else -> skip
    fi
}

inline wake(x) {
    wake_before_block(x);
#ifndef BUG_NOBODY_IS_CALLED
    if
    :: running[x] -> call_idle_cpu(x)
    :: else -> skip
    fi
#endif
}

// pick().
inline pick() {
    resched[c] = 0;
    if
    :: !running[c] && ready[c] > 0 ->
        ready[c]--;
        running[c] = 1;
        if
        :: ready[c] > 0 -> call_idle_cpu(c)
        :: else -> skip
        fi
    :: else -> skip
    fi
}

inline steal() {
    if
    :: ready[1 - c] == 0 -> skip  // Without a lock.
    :: else ->
        atomic {
            if
            :: ready[c] == 0 && ready[1 - c] > (running[1 - c] -> 0 : 1) ->
                ready[1 - c]--;
                ready[c]++
            :: else -> skip
            fi
        }
    fi
}

// smp_idle(), with interrupts off. arch_idle() lets them in and waits, in one step.
inline sleep() {
#ifndef BUG_IDLENESS_IS_TOLD_AFTER_THE_LOOK
    idle[c] = 1;
#endif
    steal();
#ifdef BUG_IDLENESS_IS_TOLD_AFTER_THE_LOOK
    idle[c] = 1;
#endif
    if
#ifndef BUG_SLEEPS_WITHOUT_ANOTHER_LOOK
    :: ready[c] == 0 && !resched[c] ->
#else
    :: true ->
#endif
#ifdef BUG_INTERRUPTS_ARE_LET_IN_BEFORE
        ipi[c] = 0;
#endif
        asleep[c] = 1;
end_asleep:
        atomic { ipi[c] -> ipi[c] = 0; asleep[c] = 0 }
#ifndef BUG_SLEEPS_WITHOUT_ANOTHER_LOOK
    :: else -> skip
#endif
    fi;
    idle[c] = 0;
    resched[c] = 1
}

proctype cpu_process(byte c) {
    do
    // In the kernel.
    :: !in_user[c] && resched[c] ->
       atomic { pick() };
       if
       :: !running[c] -> sleep()
       :: else -> skip
       fi
    :: atomic { !in_user[c] && !resched[c] -> assert(running[c]); in_user[c] = 1 }

    // An interrupt.
    :: atomic { in_user[c] && ipi[c] -> ipi[c] = 0; in_user[c] = 0 }

    // The program makes a system call: blocks; wakes a task of this or the other CPU; or does both,
    // but for a message that it finds waiting.
    :: atomic { in_user[c] -> in_user[c] = 0; running[c] = 0; blocked[c]++; resched[c] = 1 }
    :: atomic { in_user[c] && blocked[0] > 0 -> in_user[c] = 0; wake(0) }
    :: atomic { in_user[c] && blocked[1] > 0 -> in_user[c] = 0; wake(1) }
    :: atomic { in_user[c] && blocked[c] > 0 -> in_user[c] = 0; wake_before_block(c) };
       if
       :: atomic { running[c] = 0; blocked[c]++; resched[c] = 1 }
       :: atomic {
#ifndef BUG_NO_OFFER
              if
              :: ready[c] > 0 -> call_idle_cpu(c)
              :: else -> skip
              fi
#else
              skip
#endif
          }
       fi
    od
}

#define at_rest(c) ((in_user[c] || asleep[c]) && !ipi[c])

// Is looked at when nothing else can go on, and at any other time, too.
active proctype watch() {
end:
    atomic {
        at_rest(0) && at_rest(1) ->
        assert(!(asleep[0] && ready[0] > 0));
        assert(!(asleep[1] && ready[1] > 0));
        assert(!(asleep[0] && in_user[1] && ready[1] > 0));
        assert(!(asleep[1] && in_user[0] && ready[0] > 0))
    }
}

init {
    atomic {
        ready[0] = 3;
        resched[0] = 1;
        resched[1] = 1;
        run cpu_process(0);
        run cpu_process(1)
    }
}
