"""Fixtures of the system tests, and what pytest's summary adds at the end."""

from pathlib import Path

import pytest

from resea import matrix, testreport
from support import builds, selection
from support.guest import GuestError
from support.lab import Lab, Unavailable
from support.machines import Machines
from support.results import Results


# Of a test: its Machines.
MACHINES = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--board", help="only the tests of this board")
    parser.addoption("--external", action="append", default=[], type=Path,
                     help="a folder outside the tree with more boards")


def pytest_configure(config):
    builds.EXTERNAL[:] = config.getoption("--external")
    boards = config.stash[selection.BOARDS] = matrix.load(builds.TOP, builds.EXTERNAL)
    if not hasattr(config, "workerinput") and not config.getoption("--collect-only"):
        variants = [variant for board in matrix.pick(boards, config.getoption("--board"))
                    if board.emulated for variant in board.variants()]
        config.pluginmanager.register(Results(testreport.path(builds.TOP), variants))


def pytest_generate_tests(metafunc):
    selection.parametrize(metafunc, metafunc.config.stash[selection.BOARDS])


def pytest_collection_modifyitems(config, items):
    """Picks one board's tests, skips what a board can't do, and puts the long ones first."""
    boards, only = config.stash[selection.BOARDS], config.getoption("--board")
    if only:
        dropped = [item for item in items if selection.board_of(item, boards) != only]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if selection.board_of(item, boards) == only]
    for item in items:
        item.user_properties.append(("variant", selection.variant_of(item, boards)))
        selection.skip_impossible(item)
    items.sort(key=lambda item: -weight(item))


def weight(item):
    """Roughly how many seconds a test takes: what its mark `heavy` says."""
    mark = item.get_closest_marker("heavy")
    return (mark.args or (30,))[0] if mark else 0


@pytest.fixture
def report(request):
    """Adds a line to the summary at the end: report("null build: 1.2 s")."""
    return lambda line: request.node.user_properties.append(("report", line))


@pytest.fixture
def figure(request):
    """Fills in a column of the report by boards: figure("fuzz calls", 500000)."""
    return lambda name, value: request.node.user_properties.append(("figure", (name, value)))


def pytest_terminal_summary(terminalreporter):
    """The lines that tests reported: seeds, and times that are told but not judged."""
    lines = [value for reports in terminalreporter.stats.values() for entry in reports
             for name, value in getattr(entry, "user_properties", ()) if name == "report"]
    for line in dict.fromkeys(lines):
        terminalreporter.write_line(line)


@pytest.fixture
def machines(request, board):
    """A Machines for the test, on its board."""
    found = request.node.stash[MACHINES] = Machines(request.node.name, board)
    yield found
    found.close()


@pytest.fixture
def lab(tmp_path):
    """A network of the test's own; without the rights that takes, the test is skipped."""
    try:
        made = Lab(tmp_path)
    except Unavailable as reason:
        pytest.skip(str(reason))
    with made:
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that has failed shows what its last guest said."""
    outcome = yield
    if call.when == "call" and call.excinfo and MACHINES in item.stash:
        said = item.stash[MACHINES].last_words()
        if said and not call.excinfo.errisinstance(GuestError):
            outcome.get_result().sections.append(("what the guest said last", said))
