"""What a screen should show: the guest's serial output as a terminal emulator that has nothing to
do with the servers of the screens (pyte) understands it."""

import time
from pathlib import Path

import pyte

# Seconds until the screen must show what has been said. It is drawn when nothing else is to do.
PATIENCE = 120


def said_by(guest):
    """All that a guest has said, escape sequences included. Its log begins with QEMU's command."""
    return Path(guest.log_path).read_bytes().split(b"\n", 1)[1].decode("utf-8")


def screen(said, columns, rows):
    """pyte's screen after that."""
    shown = pyte.Screen(columns, rows)
    pyte.Stream(shown).feed(said)
    return shown


def expect_shown(guest, look, expected):
    """Looks until the screen shows what the guest has said, and returns what look() has found then.
    expected(said, found) makes what belongs there; both can be compared, and have a text()."""
    end = time.monotonic() + PATIENCE
    while True:
        guest.drain()
        found = look()
        wanted = expected(said_by(guest), found)
        if found == wanted:
            return found
        if time.monotonic() > end:
            raise AssertionError("the screen shows\n" + found.text() + "\n\ninstead of\n"
                                 + wanted.text())
