"""Fixtures of the system tests, and what pytest's summary adds at the end."""

import re

import pytest

from resea import bochs, iso, manifest, qemu
from support import builds
from support.guest import Guest

# What runs once per build variant: both modes, on one CPU and on several.
MODES = ("debug", "release")
VARIANTS = [(mode, cpus) for mode in MODES for cpus in (1, 4)]


def pytest_addoption(parser):
    parser.addoption("--board", help="only the tests of this board")


def pytest_collection_modifyitems(config, items):
    """Picks one board's tests, and puts the long ones first."""
    board = config.getoption("--board")
    if board:
        dropped = [item for item in items if board not in boards_of(item)]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if board in boards_of(item)]
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)


def boards_of(item):
    """The boards that a test names."""
    return [name for mark in item.iter_markers("board") for name in mark.args]


def pytest_generate_tests(metafunc):
    """A test that asks for `mode` and `cpus` runs on every variant; for `mode` alone, on both."""
    names = metafunc.fixturenames
    if "mode" in names and "cpus" in names:
        metafunc.parametrize("mode, cpus", VARIANTS, ids=[f"{m}-{c}cpu" for m, c in VARIANTS])
    elif "mode" in names:
        metafunc.parametrize("mode", MODES)


@pytest.fixture
def report(request):
    """Adds a line to the summary at the end: report("null build: 1.2 s")."""
    return lambda line: request.node.user_properties.append(("report", line))


def pytest_terminal_summary(terminalreporter):
    """The lines that tests reported: seeds, and times that are told but not judged."""
    lines = [value for reports in terminalreporter.stats.values() for entry in reports
             for name, value in getattr(entry, "user_properties", ()) if name == "report"]
    for line in dict.fromkeys(lines):
        terminalreporter.write_line(line)


class Machines:
    """Starts guests for one test, and ends those that still run when the test is over."""

    def __init__(self, test_name):
        self._name = re.sub(r"[^A-Za-z0-9._-]+", "-", test_name).strip("-")
        self._guests = []

    def log(self, folder, suffix=".log"):
        """Where this test's next guest leaves its log."""
        number = f"-{len(self._guests) + 1}" if self._guests else ""
        return folder / "logs" / f"{self._name}{number}{suffix}"

    def start(self, argv, folder):
        """Starts an emulator with the guest's serial line on its standard input and output."""
        self._guests.append(Guest(argv, self.log(folder)))
        return self._guests[-1]

    def boot(self, mode="debug", folder=None, **setup):
        """Boots the x64 board, or what is in another build folder, in QEMU."""
        folder = folder or builds.build("x64", mode)
        words = qemu.command(machine(), qemu.Setup(**setup), folder / "resea.img")
        return self.start(words, folder)

    def boot_iso(self, mode, cmdline="", **setup):
        """Boots an ISO image of the x64 board in QEMU."""
        folder, image = self.make_iso(mode, cmdline)
        return self.start(qemu.command(machine(), qemu.Setup(**setup), iso=image), folder)

    def boot_bochs(self, mode, cmdline, cpus=1):
        """Boots an ISO image in Bochs; what it says comes out, but nothing can be typed."""
        folder, image = self.make_iso(mode, cmdline)
        files = self.log(folder, ".bochs")
        return self.start(bochs.prepare(str(image), str(files), manifest_of_x64().run["bochs"],
                                        cpus), folder)

    def make_iso(self, mode, cmdline):
        """An ISO image of this test's own."""
        folder = builds.build("x64", mode)
        image = self.log(folder, ".iso")
        iso.make(str(folder / "resea.img"), str(image), cmdline)
        return folder, image

    def close(self):
        """Ends all guests."""
        for guest in self._guests:
            guest.close()


def manifest_of_x64():
    """The x64 board's manifest."""
    return manifest.load("x64", lambda name: builds.TOP / "boards" / name)


def machine():
    """The x64 board as QEMU is to build it."""
    return qemu.machine_of(manifest_of_x64(), "qemu-system-x86_64")


@pytest.fixture
def machines(request):
    """A Machines for the test."""
    found = Machines(request.node.name)
    yield found
    found.close()
