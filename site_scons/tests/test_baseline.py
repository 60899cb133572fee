"""Baselines of `scons bench`: reading, writing, comparing."""

import datetime
from pathlib import Path

import pytest

from resea import baseline, matrix
from resea.errors import UserError

TOP = Path(__file__).resolve().parents[2]
DAY = datetime.date(2026, 11, 28)
GOOD = '["clang 14.0.6"]\ndate = 2026-11-28\n["clang 14.0.6".values]\n"syscall.null" = 100\n'


def baselines(**values):
    return {"clang 14": baseline.Baseline("clang 14", DAY, values)}


def test_a_file_is_read_as_it_was_written():
    entry = baseline.Baseline("clang 14.0.6", DAY, {"syscall.null": 100, "mem.idle": 0})
    other = baseline.Baseline("clang 18.1.3", DAY, {"syscall.null": 90})
    written = {entry.compiler: entry, other.compiler: other}
    assert baseline.parse(baseline.text_of("x64", written), "x64.toml") == written


def test_another_compiler_s_baseline_stays(tmp_path):
    baseline.store(tmp_path, "x64", "clang 14", {"a": 1}, DAY)
    baseline.store(tmp_path, "x64", "clang 18", {"a": 2}, DAY)
    baseline.store(tmp_path, "x64", "clang 14", {"a": 3}, DAY)
    found = baseline.load(tmp_path, "x64")
    values = {name: entry.values for name, entry in found.items()}
    assert values == {"clang 14": {"a": 3}, "clang 18": {"a": 2}}


def test_a_board_may_have_none(tmp_path):
    assert baseline.load(tmp_path, "x64") == {}


@pytest.mark.parametrize("text, message", [
    (GOOD.replace("100", '"100"'),
     'x64.toml:4: clang 14.0.6.values.syscall.null: expects a number, 0 or more'),
    (GOOD.replace("100", "-1"),
     "x64.toml:4: clang 14.0.6.values.syscall.null: expects a number, 0 or more"),
    (GOOD.replace("syscall.null", "Sys Call"),
     "x64.toml:4: clang 14.0.6.values.Sys Call: 'Sys Call' is not the name of a metric"),
    (GOOD.replace("2026-11-28", '"today"'),
     "x64.toml:2: clang 14.0.6.date: expects a date, not a string"),
    (GOOD.replace("date", "day"), "x64.toml:2: clang 14.0.6.day: unknown key"),
    ('["clang 14.0.6"]\ndate = 2026-11-28\n',
     "x64.toml:1: clang 14.0.6: the key 'values' is missing"),
    ("clang = 14\n", "x64.toml:1: clang: expects a table, not a number"),
])
def test_a_bad_file_is_an_error_with_its_line(text, message):
    with pytest.raises(UserError) as e:
        baseline.parse(text, "x64.toml")
    assert str(e.value).startswith(message)


def test_text_that_is_no_toml_is_an_error():
    with pytest.raises(UserError) as e:
        baseline.parse("[[[", "x64.toml")
    assert str(e.value).startswith("x64.toml")


@pytest.mark.parametrize("before, now, worse", [
    (100, 103, False), (100, 104, True), (1000, 1031, True), (100, 50, False), (0, 0, False),
    (0, 1, True)])
def test_more_than_the_limit_is_worse(before, now, worse):
    assert baseline.is_worse("ipc.roundtrip", before, now) == worse


def test_equal_figures_need_no_table():
    lines, good = baseline.compare("x64", "clang 14", {"a": 1}, baselines(a=1))
    assert good
    assert lines == ["x64: compared with the baseline of 2026-11-28 (clang 14), "
                     "none of 1 figures is too far above it (3 %, disks and the network 10 %)"]


def test_a_small_change_is_shown_and_passes():
    lines, good = baseline.compare("x64", "clang 14", {"a": 102, "b": 5, "c": 1},
                                   baselines(a=100, b=6))
    assert good
    assert [line.split() for line in lines[2:]] == [["a", "100", "102", "+2.0", "%", "more"],
                                                    ["b", "6", "5", "-16.7", "%", "better"],
                                                    ["c", "-", "1", "-", "new"]]


def test_a_large_one_fails_with_a_table():
    lines, good = baseline.compare("x64", "clang 14", {"ipc.roundtrip": 450, "b": 1},
                                   baselines(**{"ipc.roundtrip": 395, "b": 1}))
    assert not good
    assert lines[0].endswith("too far above it (3 %, disks and the network 10 %), or "
                             "gone: ipc.roundtrip")
    assert lines[1:3] == ["figure         baseline  now   change",
                          "ipc.roundtrip       395  450  +13.9 %  worse"]
    assert "scons board=x64 bench baseline=1" in lines[-1]


def test_a_metric_that_is_gone_fails():
    lines, good = baseline.compare("x64", "clang 14", {"a": 1}, baselines(a=1, b=2))
    assert not good and lines[2].split() == ["b", "2", "-", "-", "gone"]


def test_another_compiler_is_not_judged():
    lines, good = baseline.compare("x64", "clang 15", {"a": 900}, baselines(a=1))
    assert good
    assert lines == ["x64: not compared: the baseline is of clang 14, this is clang 15, "
                     "whose code is another"]


def test_no_baseline_is_an_error_that_says_what_to_do():
    with pytest.raises(UserError) as e:
        baseline.compare("pc", "clang 15", {"a": 1}, {})
    assert "scons board=pc bench baseline=1" in str(e.value)


def test_committed_files_are_good():
    boards = matrix.load(TOP)
    for anchor in baseline.load_anchors(TOP):
        assert anchor.board in boards
    for path in (TOP / baseline.FOLDER).glob("*.toml"):
        if path.stem != "anchors":
            assert path.stem in boards and baseline.load(TOP, path.stem)


def test_the_book_has_the_figures(monkeypatch):
    monkeypatch.syspath_prepend(str(TOP / "docs/_ext"))
    import figures
    text = figures.markdown(TOP)
    for board in ("x64", "raspi3", "microbit"):
        assert f"### {board}\n" in text
    assert "| `ipc.roundtrip` | " in text and "seL4 395; " in text
    assert "<!-- figures -->" in (TOP / "docs/benchmarks.md").read_text(encoding="utf-8")


def test_disks_may_be_further_above():
    assert baseline.is_worse("ipc.roundtrip", 1000, 1031)
    assert not baseline.is_worse("blk.virtio.read_per_mib", 1000, 1100)
    assert baseline.is_worse("blk.virtio.read_per_mib", 1000, 1101)
