"""`scons debug`: QEMU, stopped at its first instruction, and gdb attached to it."""

import os
import socket
import subprocess
from dataclasses import replace

from resea import qemu
from resea.files import shortest

COMMANDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gdb_commands.py")


def setup_for(setup, gdb_fd, serial, log):
    """The run with a door for gdb, and the serial line as a socket: the terminal is gdb's."""
    return replace(
        setup, gdb="chardev:gdb", serial="chardev:serial",
        extra=setup.extra + (
            "-chardev", f"socket,id=gdb,fd={gdb_fd},server=on,wait=off",
            "-chardev",
            f"socket,id=serial,path={shortest(serial)},server=on,wait=off,logfile={log}"))


def gdb_command(program, elf, door, extra=()):
    """gdb with the kernel's symbols and our commands, attached. QEMU may be slow to
    answer: gdb's own two seconds are too few on a busy machine."""
    return [program, "-q", "-nx", str(elf), "-ex", "set confirm off", "-ex", "set pagination off",
            "-ex", "set remotetimeout 60", "-x", COMMANDS, "-ex", f"target remote {shortest(door)}",
            *extra]


def open_door(path):
    """A listening socket. It is made here, not by QEMU, so that gdb can't come too early."""
    path = shortest(path)
    if os.path.exists(path):
        os.unlink(path)
    door = socket.socket(socket.AF_UNIX)
    door.bind(path)
    door.listen(1)
    return door


def start(machine, setup, build, log):
    """Starts QEMU, which waits for gdb at build.folder/gdb.sock."""
    build.logs.mkdir(parents=True, exist_ok=True)
    with open_door(build.folder / "gdb.sock") as door:
        words = qemu.command(machine, setup_for(setup, door.fileno(),
                                                build.folder / "serial.sock", log), build.image)
        # A session of its own: Ctrl-C is for gdb.
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, pass_fds=[door.fileno()],
                                start_new_session=True)


def run(machine, setup, build):
    """Both, until gdb ends."""
    log = build.logs / "debug.log"
    process = start(machine, setup, build, log)
    print(f"The serial line goes to {log};\nto type on it, run in another terminal: "
          f"socat -,rawer UNIX-CONNECT:{shortest(build.folder / 'serial.sock')}\n"
          "Start with: resea boot. help resea lists the commands.", flush=True)
    try:
        subprocess.call(gdb_command(build.arch.gdb or "gdb", build.elf, build.folder / "gdb.sock"))
    finally:
        process.terminate()
        process.wait()
    return ""
