"""The longest paths in the kernel: what the plugin is told, and what it tells."""

from pathlib import Path

import pytest

from resea import bench, latency, matrix
from resea.errors import UserError
from resea.tools import benchmarks

TOP = Path(__file__).resolve().parents[2]


def test_functions_of_the_kernel_have_kinds():
    entries = ["x64_syscall_entry"]
    assert latency.kind_of("x64_syscall_entry", entries) == ("entry", "x64_syscall_entry")
    assert latency.kind_of("do_ipc", entries) == ("path", "ipc")
    assert latency.kind_of("kernel_page_fault", entries) == ("path", "page_fault")
    assert latency.kind_of("arch_idle", entries) == ("idle", "arch_idle")
    assert latency.kind_of("arch_resume", entries) == ("exit", "arch_resume")
    assert latency.kind_of("sched_pick", entries) == ("-", "sched_pick")


def test_the_map_is_in_order_and_ends_with_the_code():
    text = latency.map_of({0x200: "do_nop", 0x100: "entry", 0x400: "later"}, 0x300, ["entry"])
    assert text == "100 entry entry\n200 path nop\n300 - end\n"


def test_an_entry_that_is_not_there_is_told():
    with pytest.raises(UserError, match="the kernel has no function trap_entry"):
        latency.map_of({0x100: "do_nop"}, 0x300, ["trap_entry"])


@pytest.mark.parametrize("text, version", [
    ("QEMU emulator version 7.2.11 (Debian 1:7.2+dfsg-7)", 1), ("QEMU emulator version 8.2.2", 1),
    ("QEMU emulator version 9.0.2", 2), ("QEMU emulator version 9.1.0", 3),
    ("QEMU emulator version 10.0.2 (Debian)", 4)])
def test_each_qemu_gets_a_plugin_of_its_version(text, version):
    assert latency.plugin_version(text) == version


def test_paths_of_one_name_count_once():
    paths = latency.parse("irq 300 5 sched=200 irq=100\nnop 90 7\nirq 200 9 x=200\n")
    assert paths == [latency.Path("irq", 300, 5, "sched=200 irq=100"),
                     latency.Path("nop", 90, 7, "")]
    assert latency.figures(paths) == {"latency.max": (300, "instructions"),
                                      "latency.max.irq": (300, "instructions"),
                                      "latency.max.nop": (90, "instructions")}
    assert latency.describe(paths)[0].split() == ["irq", "300", "5", "sched=200", "irq=100"]


def test_parts_are_not_compared_with_a_baseline():
    result = bench.Result("clang 14", {"latency.max": (300, ""), "latency.max.irq": (300, "")})
    assert result.values == {"latency.max": 300}


def test_boards_that_can_be_emulated_are_measured():
    boards = [board for board in matrix.load(TOP).values() if benchmarks.can_bench(board)]
    assert {board.name for board in boards} == {"microbit", "raspi3", "x64"}
    assert all(board.arch.entries for board in boards)
