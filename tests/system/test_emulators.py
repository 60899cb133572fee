"""The ISO image, in QEMU and in Bochs, and gdb on a running system."""

import subprocess
from types import SimpleNamespace

import pytest

from conftest import machine
from resea import debugger, qemu
from support import builds

pytestmark = pytest.mark.board("x64")

# Seconds; Bochs is slow, and may share the machine.
BOCHS_LIMIT = 600


def test_iso_in_qemu(machines, mode, cpus):
    guest = machines.boot_iso(mode, cpus=cpus)
    guest.prompt()
    assert "Hello" in guest.command("hello")
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.heavy
def test_iso_in_bochs(machines, mode):
    guest = machines.boot_bochs(mode, "run=hello;ps")
    guest.expect("hello exited with status 0", BOCHS_LIMIT)
    guest.expect("ps exited with status 0", BOCHS_LIMIT)
    guest.wait(BOCHS_LIMIT)


@pytest.mark.heavy
def test_two_cpus_in_bochs(machines):
    guest = machines.boot_bochs("release", "run=hello", cpus=2)
    guest.expect("hello exited with status 0", BOCHS_LIMIT)
    guest.wait(BOCHS_LIMIT)


def gdb(folder, *commands):
    """Boots under gdb, runs its commands, and returns what it printed."""
    build = SimpleNamespace(folder=folder, logs=folder / "logs", image=folder / "resea.img")
    process = debugger.start(machine(), qemu.Setup(cpus=2), build,
                             folder / "logs" / "test_gdb-serial.log")
    try:
        words = debugger.gdb_command("gdb", folder / "resea.elf", folder / "gdb.sock",
                                     ["-batch", *(w for c in commands for w in ("-ex", c))])
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, check=False).stdout
    finally:
        process.terminate()
        process.wait()


def test_gdb_knows_tasks_messages_and_symbols():
    folder = builds.build("x64", "debug")
    text = gdb(folder, "resea boot", "thbreak task_schedule", "continue", "backtrace",
               "resea tasks", "resea message vm", "resea cpus", "resea server shell",
               "info line main")
    assert "kernel_boot" in text, text
    assert "task_schedule" in text
    for column in ("task", "name", "state", "vm", "running"):
        assert column in text, text
    assert "servers/shell/main.c" in text, text
