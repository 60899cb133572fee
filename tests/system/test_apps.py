"""The test programs of the system itself, in every build variant."""

import random
import re

import pytest

from resea import bench, qemu
from support import builds

pytestmark = pytest.mark.board("x64")

# System calls that `fuzz` makes in each of the four variants: more than a million together.
FUZZ_CALLS = 500_000


@pytest.mark.heavy
def test_integrated_tests(machines, mode, cpus, report):
    guest = machines.boot(mode, cpus=cpus, cmdline="run=test")
    match = guest.expect(r"(\d+) passed, (\d+) failed")
    assert guest.wait() == qemu.EXIT_SUCCESS, re.findall("^FAIL .*", guest.text(), re.MULTILINE)
    assert int(match[1]) > 50 and match[2] == "0"
    report(f"test app, {mode}, {cpus} CPUs: {match[0]}")


@pytest.mark.heavy
def test_nothing_leaks(machines, mode, cpus):
    guest = machines.boot(mode, cpus=cpus, cmdline="run=memory_leak_test")
    match = guest.expect(r"1000 launches of .*: free pages (\d+) before, (\d+) after")
    assert match[1] == match[2]
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.heavy
def test_random_system_calls_hurt_nobody(machines, mode, cpus, report):
    seed = random.SystemRandom().randrange(1, 1 << 31)
    report(f"fuzz, {mode}, {cpus} CPUs: seed {seed}, {FUZZ_CALLS} calls")
    command = f"fuzz --seed={seed} --calls={FUZZ_CALLS}"
    guest = machines.boot(mode, cpus=cpus, cmdline=f'run="{command}; hello; ps"')
    match = guest.expect(r"fuzz: (\d+) calls")
    assert int(match[1]) >= FUZZ_CALLS
    guest.expect("fuzz exited with status 0")
    guest.expect("hello exited with status 0")
    for server in ("vm", "rand", "shell"):
        guest.expect(rf"^ *\d+ {server}\b")
    assert guest.wait() == qemu.EXIT_SUCCESS


NEEDED_METRICS = {"syscall.null", "ipc.roundtrip", "notify.signal", "fault.roundtrip",
                  "task.spawn", "boot.to_shell", "size.kernel.text", "size.kernel.ram",
                  "size.task", "mem.idle"}


@pytest.mark.heavy
def test_bench_gives_the_same_figures_twice(machines):
    folder = builds.build("x64", "release")
    figures = []
    for _ in range(2):
        guest = machines.boot("release", cpus=1, icount=True, cmdline=bench.CMDLINE)
        assert guest.wait(900) == qemu.EXIT_SUCCESS
        figures.append(bench.metrics(guest.text()))
    assert NEEDED_METRICS <= set(figures[0]), f"missing in {folder / 'logs'}"
    assert figures[0] == figures[1]
