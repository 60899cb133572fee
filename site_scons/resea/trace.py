"""`scons trace`: what tasks say to each other while shell commands run, as a timeline.

The guest records events (kernel/trace.c) and prints them (`trace dump` in servers/shell/trace.c);
timeline.py makes of them what trace viewers read.
"""

import json
import subprocess
from dataclasses import dataclass, field

from resea import idl_headers, qemu, timeline
from resea.errors import UserError
from resea.options import error

DEFAULT_COMMANDS = "hello"

# Seconds; the default takes a few.
LIMIT = 600

_EVENT_WORDS = 10


@dataclass(frozen=True)
class Event:
    """A struct trace_event of kernel_abi.h."""

    number: int
    time: int
    cpu: int
    kind: int
    src: int
    dst: int
    type: int
    ool_len: int
    delivered: bool
    data: bytes


@dataclass
class Log:
    """What a guest has dumped: `hz` cycles are a second, words have `bits` bits."""

    hz: int = 0
    bits: int = 0
    tasks: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    @property
    def lost(self):
        """How many events were overwritten before they were read."""
        return self.events[0].number if self.events else 0


def parse(text):
    """The Log in a guest's output, whatever else it has printed. None if it isn't complete."""
    log, ended = Log(), False
    for line in text.splitlines():
        words = line.strip("\r").split(" ")
        if words[:2] == ["trace", "clock"]:
            log = Log(hz=int(words[2]), bits=int(words[3]))
        elif words[:2] == ["trace", "task"]:
            log.tasks[int(words[2])] = words[3]
        elif words[:2] == ["trace", "event"]:
            log.events.append(_event(words[2:]))
        ended = ended or words == ["trace", "end"]
    return log if ended else None


def _event(words):
    # The data, which may be empty, ends with a dot.
    assert len(words) == _EVENT_WORDS and words[-1].endswith("."), words
    numbers = [int(word) for word in words[:-1]]
    return Event(*numbers[:-1], delivered=bool(numbers[-1]), data=bytes.fromhex(words[-1][:-1]))


def check(commands, config):
    """Refuses what the guest couldn't do."""
    if not config.value("TRACE"):
        raise UserError("command line", "trace: the kernel is built without CONFIG_TRACE; debug "
                        "builds for boards with an MMU have it, others by CONFIG_TRACE=y")
    if '"' in commands:
        raise error("commands", commands, "can't have double quotes; the shell takes '…', too")
    if len(script(commands)) >= config.value("SHELL_LINE_LEN"):
        raise error("commands", commands, "is too long for a line of the shell")


def script(commands):
    """The line that the shell carries out."""
    return f"trace start; {commands}; trace dump"


def command(machine, image, commands, cpus):
    """Counted instructions: the emulator's own pauses don't show in the times."""
    setup = qemu.Setup(cpus=cpus, icount=True, cmdline=f'run="{script(commands)}"')
    return qemu.command(machine, setup, image)


def run(build, machine, commands, cpus):
    """Boots the board, writes trace.json; returns its path, the Log and what went wrong."""
    check(commands, build.config)
    log = build.logs / "trace.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        status = subprocess.run(command(machine, build.image, commands, cpus),
                                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                                timeout=LIMIT, check=False).returncode
    recorded = parse(log.read_text(encoding="utf-8", errors="replace"))
    problem = qemu.explain_exit(status)
    if recorded is None:
        raise UserError(str(log), f"{problem or 'the guest printed no trace'}; the file has all "
                        "that the guest said")
    path = build.folder / "trace.json"
    path.write_text(json.dumps(timeline.convert(recorded, interfaces(build.library.roots))))
    return path, recorded, problem


def interfaces(roots):
    """The IDL compiler's JSON of all interfaces."""
    from resea import idl
    return json.loads(idl.generate_json(idl_headers.Files(roots).model()))
