"""Which boards and variants there are, on trees of a few lines, and the report about them."""

import json
import shutil

import pytest

from resea import matrix, testreport
from resea.errors import UserError
from resea.matrix import Variant

ARCH = """
description = "An architecture"
triple = "x86_64-unknown-none-elf"
page_size = 4096
{more}
[kernel]
[user]
"""
BOARD = """
[board]
arch = "{arch}"
description = "A board"
cpus = {cpus}
{more}
[app_default]
programs = ["hello"]
"""
QEMU = "[run.qemu]\nmachine = 'm'\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def tree(tmp_path):
    """Two boards to boot, one of them with several CPUs; two that are only built."""
    write(tmp_path / "arch/big/arch.toml", ARCH.format(more="qemu = 'qemu-big'"))
    write(tmp_path / "arch/tiny/arch.toml", ARCH.format(more="mmu = false\nqemu = 'qemu-tiny'"))
    write(tmp_path / "arch/null/arch.toml", ARCH.format(more="links = false"))
    write(tmp_path / "boards/big/board.toml", BOARD.format(arch="big", cpus=4, more=QEMU))
    memory = "memory = { ram = '1K', stack = 512 }\n"
    tiny = BOARD.format(arch="tiny", cpus=1, more=QEMU) + memory
    write(tmp_path / "boards/tiny/board.toml", tiny)
    write(tmp_path / "boards/null/board.toml", BOARD.format(arch="null", cpus=1, more=""))
    write(tmp_path / "boards/bare/board.toml", BOARD.format(arch="big", cpus=2, more=""))
    return tmp_path


def test_boards_that_qemu_knows_are_booted(tree):
    boards = matrix.load(tree)
    assert {b.name for b in boards.values() if b.emulated} == {"big", "tiny"}
    assert set(boards) == {"bare", "big", "null", "tiny"}


def test_variants_are_both_modes_on_one_cpu_and_on_all(tree):
    boards = matrix.load(tree)
    assert boards["big"].variants() == [
        Variant("big", mode, cpus) for mode in ("debug", "release") for cpus in (1, 4)]
    assert [str(v) for v in boards["tiny"].variants()] == ["tiny-debug-1cpu", "tiny-release-1cpu"]


def test_what_a_board_can_do(tree):
    big, tiny = (matrix.load(tree)[name] for name in ("big", "tiny"))
    assert (big.mmu, big.smp) == (True, True) and (tiny.mmu, tiny.smp) == (False, False)
    assert big.lacks("fuzz") and not big.lacks("hello")
    assert big.machine.program == "qemu-big" and big.machine.cpus == 4


def test_boards_from_outside_the_tree(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    write(outside / "boards/mine/board.toml",
          "[board]\nextends = 'big'\ndescription = 'mine'\ncpus = 2\n")
    mine = matrix.load(tree, [outside])["mine"]
    assert mine.emulated and mine.cpu_counts == (1, 2)


def test_picking_boards(tree):
    boards = matrix.load(tree)
    assert matrix.pick(boards, None) == matrix.pick(boards, "all") == list(boards.values())
    assert matrix.pick(boards, "big") == [boards["big"]]
    with pytest.raises(UserError, match="unknown board 'bik'; did you mean 'big'"):
        matrix.pick(boards, "bik")


def test_a_removed_board_is_not_in_the_list(tree):
    shutil.rmtree(tree / "boards/tiny")
    assert "tiny" not in matrix.load(tree)


def outcome(name, board=None, mode=None, cpus=None, how="passed", seconds=1.0, **more):
    """What pytest's plugin knows about one test."""
    return {"name": name, "board": board, "mode": mode, "cpus": cpus, "outcome": how,
            "seconds": seconds, "reason": "", "figures": {}, **more}


VARIANTS = [Variant("big", "debug", 1), Variant("big", "debug", 4), Variant("tiny", "debug", 1)]
TESTS = [
    outcome("tests/system/test_a.py::test_app", "big", "debug", 1,
            figures={"test app": [9, 9], "leak": "none"}),
    outcome("tests/system/test_a.py::test_app[2]", "big", "debug", 4, "failed", 2.6,
            figures={"test app": [8, 9]}),
    outcome("tests/system/test_a.py::test_x", "big", how="passed"),
    outcome("tests/system/test_a.py::test_fuzz", "big", "debug", 1, "skipped",
            reason="big has no program fuzz"),
    outcome("site_scons/tests/test_b.py::test_b"),
]


def cells(lines, *begin):
    """The words of the line that begins with some."""
    found = [line.split() for line in lines if line.split()[:len(begin)] == list(begin)]
    assert len(found) == 1, lines
    return found[0][len(begin):]


def test_table_has_a_row_for_each_variant_and_folder():
    lines = testreport.table(testreport.summarize(VARIANTS, TESTS))
    assert lines[0].split()[:3] == ["board", "mode", "CPUs"]
    assert cells(lines, "big", "debug", "1") == ["9", "of", "9", "none", "-", "1", "0", "1", "2"]
    assert cells(lines, "big", "debug", "4") == ["8", "of", "9", "-", "-", "0", "1", "0", "3"]
    assert cells(lines, "big", "other", "-") == ["-", "-", "-", "1", "0", "0", "1"]
    assert cells(lines, "site_scons/tests")[-4:] == ["1", "0", "0", "1"]
    assert cells(lines, "total")[-4:] == ["3", "1", "1", "7"]


def test_a_variant_without_tests_is_seen():
    lines = testreport.table(testreport.summarize(VARIANTS, TESTS))
    assert "not run" in next(line for line in lines if line.startswith("tiny"))


def test_the_table_does_not_look_like_pytest_s_last_line():
    report = testreport.summarize(VARIANTS, TESTS)
    assert not any("passed" in line and "of" in line for line in testreport.table(report)[2:])


def test_skipped_tests_say_why():
    report = testreport.summarize(VARIANTS, TESTS)
    assert testreport.skipped(report) == ["skipped 1: big has no program fuzz"]


def test_report_in_json_gets_the_seconds_of_building(tmp_path):
    assert "no report" in testreport.show(tmp_path, 1.0)[0]
    report = testreport.summarize(VARIANTS, TESTS)
    report["seconds"]["testing"] = 5.0
    write(testreport.path(tmp_path), json.dumps(report))
    assert testreport.show(tmp_path, 2.4)[-1] == "7 seconds: 2 building, 5 testing"
    stored = json.loads(testreport.path(tmp_path).read_text())
    assert stored["seconds"] == {"building": 2.4, "testing": 5.0}
    assert stored["boards"][1]["failed"] == 1 and len(stored["tests"]) == len(TESTS)
