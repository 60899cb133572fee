"""gdb on a running system."""

import subprocess
from types import SimpleNamespace

from resea import debugger, qemu
from support import builds


def gdb(board, folder, *commands):
    """Boots under gdb, runs its commands, and returns what it printed."""
    build = SimpleNamespace(folder=folder, logs=folder / "logs", image=folder / "resea.img")
    process = debugger.start(board.machine, qemu.Setup(), build,
                             folder / "logs" / "test_gdb-serial.log")
    try:
        words = debugger.gdb_command(board.arch.gdb, folder / "resea.elf", folder / "gdb.sock",
                                     ["-batch", *(w for c in commands for w in ("-ex", c))])
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, check=False).stdout
    finally:
        process.terminate()
        process.wait()


def test_gdb_knows_tasks_messages_and_symbols(board):
    folder = builds.build(board.name, "debug")
    text = gdb(board, folder, "resea boot", "thbreak task_schedule", "continue", "backtrace",
               "resea tasks", "resea message vm", "resea cpus", "resea server shell",
               "info line main")
    assert "kernel_boot" in text, text
    assert "task_schedule" in text
    for column in ("task", "name", "state", "vm", "running"):
        assert column in text, text
    assert "servers/shell/main.c" in text, text
