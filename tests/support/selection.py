"""Which test runs on which boards, and in which variants of them.

A test that starts machines runs on every board that QEMU emulates, unless it is marked with
`board("NAME")` or lies in tests/NAME: then it is that board's. If it asks for `mode` and `cpus`, it
runs on debug and release builds, with one CPU and with all; for `mode` alone, on both builds.
"""

from pathlib import Path

import pytest

from resea import matrix

# Where pytest's configuration keeps all boards, by name.
BOARDS = pytest.StashKey()

TESTS = Path(__file__).resolve().parents[1]


def named_boards(node, boards):
    """The boards that a test belongs to: by its marks, or else by its folder; [] if to none."""
    marked = [name for mark in node.iter_markers("board") for name in mark.args]
    folder = Path(node.path).parent
    if not marked and folder.parent == TESTS and folder.name in boards:
        return [folder.name]
    return list(dict.fromkeys(marked))


def parametrize(metafunc, boards):
    """Gives a test its boards, modes and numbers of CPUs, as far as it asks for them."""
    names = metafunc.fixturenames
    wanted = [name for name in ("board", "mode", "cpus") if name in names]
    if "board" not in wanted:
        if "mode" in wanted:
            metafunc.parametrize("mode", matrix.MODES)
        return
    named = named_boards(metafunc.definition, boards)
    rows = [row for board in boards.values()
            if (board.name in named if named else board.emulated)
            for row in rows_of(board, wanted)]
    metafunc.parametrize(", ".join(wanted), [row if len(wanted) > 1 else row[0] for row in rows],
                         ids=[row_id(row) for row in rows])


def rows_of(board, wanted):
    """The values of the wanted parameters on one board."""
    found = [{"board": board, "mode": variant.mode, "cpus": variant.cpus}
             for variant in board.variants()]
    return list(dict.fromkeys(tuple(row[name] for name in wanted) for row in found))


def row_id(row):
    """How a test's name shows them: x64-debug-1cpu."""
    board, *rest = row
    return "-".join([board.name, *(f"{value}cpu" if isinstance(value, int) else value
                                   for value in rest)])


def board_of(item, boards):
    """The name of the board whose row in the report a test counts for; None if it has none."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    if "board" in params:
        return params["board"].name
    named = named_boards(item, boards)
    return named[0] if named else None


def variant_of(item, boards):
    """{"board": …, "mode": …, "cpus": …}, each of them None if the test leaves it open."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return {"board": board_of(item, boards), "mode": params.get("mode"),
            "cpus": params.get("cpus")}


def skip_impossible(item):
    """Skips a test on a board that lacks what it needs; the reason says what that is."""
    board = item.callspec.params.get("board") if hasattr(item, "callspec") else None
    if board is None:
        return
    for mark in item.iter_markers("programs"):
        for name in mark.args:
            if board.lacks(name):
                item.add_marker(pytest.mark.skip(reason=f"{board.name} has no program {name}"))
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if not getattr(board, name):
                item.add_marker(pytest.mark.skip(reason=f"{board.name} has no {name}"))
