"""The page of `scons bench`."""

import datetime
import shutil
import xml.etree.ElementTree as xml
from pathlib import Path

from resea import baseline, bench, benchpage

TOP = Path(__file__).resolve().parents[2]
RESULT = bench.Result("clang 14", {"ipc.roundtrip": (400, "cycles"), "size.task": (64, "bytes")},
                      {"ipc.pairs.4": (189300, "messages/s")})
BEFORE = baseline.Baseline("clang 14", datetime.date(2026, 11, 28), {"ipc.roundtrip": 500})
SEL4 = baseline.Anchor("seL4 <x>", "x64", "measured", {"ipc.roundtrip": 395, "syscall.null": 100})
X64 = benchpage.Board("x64", RESULT, BEFORE, (SEL4,))
NEW = benchpage.Board("new", bench.Result("gcc 12", {"only.here": (1, "")}), None, ())


def test_a_metric_is_shown_beside_its_baseline_and_other_systems():
    found = benchpage.bars("ipc.roundtrip", [X64, NEW])
    assert [(bar.board, bar.who, bar.value) for bar in found] == [
        ("x64", "this tree", 400), ("x64", "baseline of 2026-11-28", 500),
        ("x64", "seL4 <x> (measured)", 395)]
    assert [bar.who for bar in benchpage.bars("size.task", [X64])] == ["this tree"]


def test_instructions_are_called_what_they_are():
    assert benchpage.unit_of("ipc.roundtrip", [NEW, X64]) == "instructions"
    assert benchpage.unit_of("size.task", [X64]) == "bytes"


def test_the_page_tells_changes_and_escapes_names():
    text = benchpage.html([X64, NEW], {"ipc.roundtrip": "a `call` & its reply"})
    assert '400 <span class="better">(-20.0 %)</span>' in text
    assert "<p>a <code>call</code> &amp; its reply</p>" in text
    assert "seL4 &lt;x&gt;" in text and "<x>" not in text
    assert "new: gcc 12; there is no baseline of this compiler" in text
    assert text.count("<h2 ") == 3


def test_meanings_come_from_the_book():
    known = benchpage.meanings("| metric | what is measured |\n| --- | --- |\n"
                               "| `a.b`, `a.c` | both `x` |\n")
    assert known == {"a.b": "both `x`", "a.c": "both `x`"}
    text = (TOP / benchpage.BOOK).read_text(encoding="utf-8")
    assert "ipc.roundtrip.64" in benchpage.meanings(text)


def test_results_are_kept_with_their_builds(tmp_path):
    assert bench.load(tmp_path) is None
    bench.keep(RESULT, tmp_path)
    assert bench.load(tmp_path) == RESULT


def test_the_page_and_its_plots_are_written(tmp_path):
    for name in (f"{baseline.FOLDER}/anchors.toml", benchpage.BOOK):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(TOP / name, tmp_path / name)
    folder = tmp_path / "build/x64-release"
    folder.mkdir(parents=True)
    bench.keep(RESULT, folder)
    path = benchpage.write(tmp_path, ["raspi3", "x64"])
    assert path == Path("build/bench/index.html")
    text = (tmp_path / path).read_text()
    assert "raspi3:" not in text
    for metric in RESULT.figures:
        assert f'src="{metric}.svg"' in text
        assert xml.parse(tmp_path / f"build/bench/{metric}.svg").getroot().tag.endswith("svg")


def test_parts_of_latency_have_a_table_and_no_plots():
    result = bench.Result("clang 14", {"latency.max": (300, "instructions"),
                                       "latency.max.ipc": (300, "instructions")})
    boards = [benchpage.Board("x64", result, None, ())]
    text = benchpage.html(boards, {})
    assert "<tr><td>ipc</td><td>300</td>" in text and "latency.max.ipc" not in text
    assert benchpage.metric_names(boards) == ["latency.max"]


def test_what_depends_on_the_host_has_a_table_of_its_own():
    text = benchpage.html([NEW, X64], {"ipc.pairs.4": "of `4` pairs"})
    assert ("<tr><td>ipc.pairs.4</td><td></td><td>189,300</td><td>messages/s</td>"
            "<td>of <code>4</code> pairs</td></tr>") in text
    assert benchpage.metric_names([NEW, X64]) == ["only.here", "ipc.roundtrip", "size.task"]
    assert "On several CPUs" not in benchpage.html([NEW], {})
