"""Spin looks at every state of this folder's models. What they leave out, docs/testing.md says.

A mutation of a model, `-DBUG_…`, must be found: a model that can't fail proves nothing.
"""

import re
import subprocess
from pathlib import Path

import pytest

MODELS = Path(__file__).parent

# Megabytes, steps and seconds that one search may take. Too little of one is a failure.
MEMORY = 2000
DEPTH = 2_000_000
LIMIT = 600

# What tasks do, in ipc.pml.
TIMERS, NOTIFY, ONE_WAY, REPLIES, DEATH, FAULTS, PAYLOAD, NOBLOCK = (1 << n for n in range(8))


def calls(*kinds):
    return f"-DCALLS={sum(kinds)}"


SERVICE = ["-DSERVICE", calls(TIMERS, NOTIFY, DEATH)]
ATTENTION = ["-DSERVICE", "-DATTENTION", calls(TIMERS, NOTIFY)]

# A name, the model, its options, and about how many states there are: many fewer would mean that it
# has come to a halt somewhere.
SEARCHES = [
    ("service", "ipc", SERVICE, 1_000_000),
    ("service, and its flag", "ipc", ATTENTION, 350_000),
    ("messages and death", "ipc", [calls(ONE_WAY, REPLIES, DEATH)], 3_000_000),
    ("notifications and death", "ipc", [calls(NOTIFY, ONE_WAY, DEATH)], 1_000_000),
    ("timers and calls", "ipc", [calls(TIMERS, REPLIES)], 100_000),
    ("faults and calls", "ipc", [calls(REPLIES, FAULTS)], 1_500_000),
    ("faults, payloads and death", "ipc", [calls(ONE_WAY, DEATH, FAULTS, PAYLOAD)], 100_000),
    ("payloads and calls", "ipc", [calls(REPLIES, PAYLOAD)], 1_500_000),
    ("calls that don't block", "ipc", [calls(REPLIES, NOBLOCK)], 100_000),
    ("locks", "lock_order", [], 1_000_000),
    ("idle CPUs", "idle", [], 15_000),
]

MUTATIONS = [
    ("ipc", "BUG_CALLER_IS_WOKEN_TO_RECEIVE", SERVICE),
    ("ipc", "BUG_DESTROY_BEGINS_ONCE", [calls(ONE_WAY, REPLIES, DEATH)]),
    ("ipc", "BUG_DESTROY_DOES_NOT_WAIT", SERVICE),
    ("ipc", "BUG_FAST_LOOKS_BEFORE_LOCKING", SERVICE),
    ("ipc", "BUG_FAST_WITHOUT_ATTENTION", SERVICE),
    ("ipc", "BUG_FAST_WITHOUT_THE_CPU", SERVICE),
    ("ipc", "BUG_FAST_WITHOUT_THE_ID", [calls(ONE_WAY, REPLIES, DEATH)]),
    ("ipc", "BUG_FAST_WITHOUT_WHOM_IT_WAITS_FOR", [calls(REPLIES)]),
    ("ipc", "BUG_LOOKS_BEFORE_LOCKING", SERVICE),
    ("ipc", "BUG_LOOKS_FOR_NOTIFICATIONS_BEFORE_LOCKING", SERVICE),
    ("ipc", "BUG_NOTIFICATIONS_CALL_NO_ATTENTION", ATTENTION),
    ("ipc", "BUG_NO_SECOND_LOOK_AT_CPU", SERVICE),
    ("ipc", "BUG_NO_SECOND_LOOK_AT_ID", SERVICE),
    ("ipc", "BUG_RECEIVERS_ARE_NOT_ABORTED", [calls(ONE_WAY, REPLIES, DEATH)]),
    ("ipc", "BUG_RESUMED_BEFORE_THE_REPORT", [calls(REPLIES, FAULTS)]),
    ("lock_order", "BUG_ALL_BACKWARDS", []),
    ("lock_order", "BUG_CPU_LOCK_AFTER_ADDRESS_SPACE", []),
    ("lock_order", "BUG_MOVES_UNDER_ONE_LOCK", []),
    ("lock_order", "BUG_NO_SECOND_LOOK", []),
    ("lock_order", "BUG_OWN_LOCK_FIRST", []),
    ("idle", "BUG_IDLENESS_IS_TOLD_AFTER_THE_LOOK", []),
    ("idle", "BUG_INTERRUPTS_ARE_LET_IN_BEFORE", []),
    ("idle", "BUG_NO_KICK", []),
    ("idle", "BUG_NO_OFFER", []),
    ("idle", "BUG_NOBODY_IS_CALLED", []),
    ("idle", "BUG_SLEEPS_WITHOUT_ANOTHER_LOOK", []),
]


def run(*words, cwd):
    done = subprocess.run([str(word) for word in words], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def search(folder, model, options, optimise):
    """Spin's report on a model. The checker is a large program: to optimise it takes gcc longer
    than it then takes to find a mutation."""
    run("spin", "-a", *options, MODELS / f"{model}.pml", cwd=folder)
    run("gcc", optimise, "-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=512", f"-DMEMLIM={MEMORY}",
        "-o", "pan", "pan.c", cwd=folder)
    return run("./pan", f"-m{DEPTH}", cwd=folder)


def number(pattern, text):
    return float(re.search(pattern, text)[1])


@pytest.mark.heavy(30)
@pytest.mark.parametrize("name, model, options, states", SEARCHES, ids=[s[0] for s in SEARCHES])
def test_model_holds(tmp_path, name, model, options, states, report):
    text = search(tmp_path, model, options, "-O1")
    assert "errors: 0" in text, text
    # All of it was looked at.
    assert "max search depth too small" not in text and "out of memory" not in text, text
    found = number(r"([0-9.e+]+) states, stored", text)
    report(f"model {model}, {name}: {found:.0f} states")
    assert found >= states


@pytest.mark.parametrize("model, bug, options", MUTATIONS, ids=[m[1] for m in MUTATIONS])
def test_mutation_is_found(tmp_path, model, bug, options):
    text = search(tmp_path, model, [*options, f"-D{bug}"], "-O0")
    assert re.search(r"^pan:1: (assertion violated|invalid end state)", text, re.MULTILINE), text
    assert "errors: 1" in text


def test_every_mutation_is_tried():
    written = {(path.stem, bug) for path in MODELS.glob("*.pml")
               for bug in re.findall(r"def (BUG_\w+)", path.read_text(encoding="utf-8"))}
    written |= {(path.stem, bug) for path in MODELS.glob("*.pml")
                for bug in re.findall(r"defined\((BUG_\w+)\)", path.read_text(encoding="utf-8"))}
    assert {(model, bug) for model, bug, _ in MUTATIONS} == written
