"""`scons screenshot`: what the board's screen shows after some commands, as a PNG.

The commands are typed on the serial line, whose prompts tell when they are done. The screen is
drawn a little later, by a server that is less urgent: it is looked at until it shows nothing new.
"""

import os
import select
import subprocess
import tempfile
import time
from pathlib import Path

from resea import picture, qemu
from resea.errors import UserError
from resea.qmp import Qmp

DEFAULT_COMMANDS = "help; ps; free; uptime"
DEFAULT_NAME = "screenshot.png"

PROMPT = b"resea> "
# Seconds until a guest that doesn't come to a prompt is given up.
LIMIT = 120
# Seconds without anything new on the screen.
STILL = 1


def run(build, machine, commands, target):
    """Boots the board, types the commands, writes the picture; returns its path."""
    target = Path(target) if target else build.folder / DEFAULT_NAME
    build.logs.mkdir(parents=True, exist_ok=True)
    log = build.logs / "screenshot.log"
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "qmp.sock")
        setup = qemu.Setup(cpus=1, extra=Qmp.arguments(socket))
        with subprocess.Popen(qemu.command(machine, setup, build.image), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                found = _play(Session(process, log), socket, folder, commands)
            finally:
                process.kill()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture.png(found))
    return target


def _play(session, socket, folder, commands):
    session.prompt()
    for command in commands.split(";"):
        session.type(command.strip() + "\n")
        session.prompt()
    with Qmp(socket) as qmp:
        return steady(qmp, os.path.join(folder, "screen.ppm"))


def steady(qmp, path):
    """The screen, once it shows nothing new. A cursor that blinks makes two pictures of one, and
    the one that has it is meant."""
    seen, end = {}, time.monotonic() + LIMIT
    since = time.monotonic()
    while time.monotonic() - since < STILL:
        qmp.execute("screendump", filename=path)
        found = picture.read_ppm(path)
        if found.pixels not in seen:
            since = time.monotonic()
        seen[found.pixels] = found
        if time.monotonic() > end:
            raise UserError("screenshot", f"the screen has changed all the time, for {LIMIT} s")
        time.sleep(STILL / 20)
    return max(list(seen.values())[-2:], key=lambda found: sum(map(bool, found.pixels)))


class Session:
    """A shell on a machine's serial line. All that it says goes to a log."""

    def __init__(self, process, log):
        self._process, self._log = process, log
        self._said, self._seen = b"", 0

    def type(self, text):
        """Types something."""
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def prompt(self):
        """Waits for the next prompt at the beginning of a line."""
        end = time.monotonic() + LIMIT
        while (at := self._said.find(b"\n" + PROMPT, self._seen)) < 0:
            output = self._process.stdout
            ready = select.select([output], [], [], max(0, end - time.monotonic()))[0]
            data = os.read(output.fileno(), 65536) if ready else b""
            self._said += data
            self._log.write_bytes(self._said)
            if not data:
                raise UserError(str(self._log), "the guest has ended, or hasn't come to a prompt "
                                f"in {LIMIT} s; the file has all that it said")
        self._seen = at + 1 + len(PROMPT)
