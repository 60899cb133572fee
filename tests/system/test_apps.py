"""The test programs of the system itself, on every board and in every build variant."""

import random
import re

import pytest

from resea import bench, qemu

# System calls that `fuzz` makes in each variant: with four of them, more than a million a board.
FUZZ_CALLS = 500_000


@pytest.mark.heavy(40)
@pytest.mark.programs("test")
def test_integrated_tests(machines, mode, cpus, figure):
    guest = machines.boot(mode, cpus=cpus, cmdline="run=test")
    match = guest.expect(r"(\d+) passed, (\d+) failed")
    passed, failed = int(match[1]), int(match[2])
    figure("test app", [passed, passed + failed])
    assert guest.wait() == qemu.EXIT_SUCCESS, re.findall("^FAIL .*", guest.text(), re.MULTILINE)
    assert passed > 50 and failed == 0


@pytest.mark.heavy(40)
@pytest.mark.programs("memory_leak_test")
def test_nothing_leaks(machines, mode, cpus, figure):
    guest = machines.boot(mode, cpus=cpus, cmdline="run=memory_leak_test")
    match = guest.expect(r"1000 launches of .*: free pages (\d+) before, (\d+) after")
    lost = int(match[1]) - int(match[2])
    figure("leak", f"{lost} pages" if lost else "none")
    assert lost == 0
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.heavy(60)
@pytest.mark.programs("fuzz", "fuzz_worker")
def test_random_system_calls_hurt_nobody(machines, mode, cpus, report, figure):
    seed = random.SystemRandom().randrange(1, 1 << 31)
    report(f"fuzz, {machines.board.name}, {mode}, {cpus} CPUs: seed {seed}, {FUZZ_CALLS} calls")
    command = f"fuzz --seed={seed} --calls={FUZZ_CALLS}"
    guest = machines.boot(mode, cpus=cpus, cmdline=f'run="{command}; hello; ps"')
    calls = int(guest.expect(r"fuzz: (\d+) calls")[1])
    figure("fuzz calls", calls)
    assert calls >= FUZZ_CALLS
    guest.expect("fuzz exited with status 0")
    guest.expect("hello exited with status 0")
    random_server = next(server.name for server in machines.board.manifest.servers
                         if "random" in server.provides)
    for server in ("vm", random_server, "shell"):
        guest.expect(rf"^ *\d+ {server}\b")
    assert guest.wait() == qemu.EXIT_SUCCESS


# What every board measures, so that boards can be compared.
PORTABLE_METRICS = {
    "boot.to_shell", "ipc.ool.128", "ipc.ool.256", "ipc.roundtrip", "ipc.roundtrip.max",
    "irq.to_task", "mem.idle", "notify.roundtrip", "notify.signal", "notify.wake",
    "size.kernel.ram", "size.kernel.text", "size.task", "syscall.null", "task.spawn", "task.life"}
# Page faults, pages that are lent, and payloads longer than a small board's memory and messages.
MMU_METRICS = {"fault.roundtrip", "ipc.lend.65536", "ipc.roundtrip.64", "ipc.ool.4096",
               "ipc.ool.65536"}


@pytest.mark.heavy(30)
@pytest.mark.programs("benchmark", "benchmark_server")
def test_bench_gives_the_same_figures_twice(machines):
    figures = []
    for _ in range(2):
        guest = machines.boot("release", cpus=1, icount=True, cmdline=bench.CMDLINE)
        assert guest.wait(900) == qemu.EXIT_SUCCESS
        figures.append(bench.metrics(guest.text()))
    mmu = MMU_METRICS if machines.board.mmu else set()
    assert set(figures[0]) == PORTABLE_METRICS | mmu
    assert figures[0] == figures[1]


# What a pair of tasks shares with other CPUs: nothing, while each of four has a CPU to itself.
PAIRS = "ipc.pairs.4"


@pytest.mark.heavy(40)
@pytest.mark.needs("smp")
@pytest.mark.programs("benchmark", "benchmark_server")
def test_pairs_on_cpus_of_their_own_share_nothing(machines, report):
    guest = machines.boot("debug", cpus=4, cmdline=bench.PAIRS_CMDLINE)
    assert guest.wait(300) == qemu.EXIT_SUCCESS
    found = bench.reports(guest.text())
    assert found[f"{PAIRS}.fewest"][0] >= 2000
    assert found[f"{PAIRS}.shared_locks"] == (0, "locks")
    assert found[f"{PAIRS}.shared_writes"] == (0, "writes")
    # Times are told, and not judged.
    for name in (PAIRS, "ipc.roundtrip.crossing"):
        if name in found:
            value, unit = found[name]
            report(f"{machines.board.name} debug, {name}: {value} {unit}")
