"""The kernel debugger on the serial line, and what a kernel panic leaves behind."""

import re

import pytest

from resea import qemu
from support import builds

CTRL_K = "\x0b"


@pytest.fixture(autouse=True)
def debugger(board):
    """Skips the test where the kernel has no debugger."""
    if "CONFIG_KDEBUG" not in builds.config(board.name, "debug"):
        pytest.skip(f"{board.name} has no kernel debugger")


def open_debugger(guest):
    guest.prompt()
    guest.send(CTRL_K)
    guest.expect("^kdebug> ")


def test_ps_tells_who_waits_for_whom(machines):
    guest = machines.boot("debug")
    open_debugger(guest)
    guest.send("ps\r")
    for server in ("vm", "shell"):
        guest.expect(rf"^#\d+ {server}: state=\w+")
    guest.expect("^kdebug> ")


COMMANDS = [
    ("help", r"^ps +\w+"),
    ("mem", r"^pages: \d+ for tasks|^#1 vm: \d+ of \d+ bytes of stack used"),
    ("irq", r"^irq \d+: \d+ interrupts, owner console"),
    ("ipc", r"^#1 vm: \d+ messages"),
    ("cpu", r"^cpu 0: "),
    ("bt", r"#0: 0x\w+ \w+\(\)\+0x"),
    ("deadlock", "^no tasks wait for each other"),
    ("nonsense", "^kdebug: no command 'nonsense': 'help' lists them"),
]


def test_commands(machines):
    guest = machines.boot("debug")
    open_debugger(guest)
    for command, pattern in COMMANDS:
        guest.send(command + "\r")
        guest.expect(pattern)
        guest.expect("^kdebug> ")


def test_the_shell_goes_on_afterwards(machines):
    guest = machines.boot("debug")
    open_debugger(guest)
    guest.send("q\r")
    guest.send("hello\r")
    guest.expect("Hello")


def test_panic_prints_a_backtrace_with_names(machines, cpus):
    guest = machines.boot("debug", cpus=cpus)
    open_debugger(guest)
    guest.send("panic\r")
    guest.expect(r"\[kernel\] PANIC|asked for in the kernel debugger")
    assert guest.wait() == qemu.EXIT_PANIC
    frames = re.findall(r"#\d+: (?:0x)?[0-9a-f]+ (\w+)\(\)\+0x", guest.text())
    assert "cmd_panic" in frames or "kdebug_input" in frames, guest.text()[-2000:]
    assert re.search(r"^#1 vm: state=", guest.text(), re.MULTILINE), "no task table"


def test_release_builds_have_no_debugger(machines):
    guest = machines.boot("release")
    guest.prompt()
    guest.send(CTRL_K)
    assert "kdebug>" not in guest.command("echo still here")
