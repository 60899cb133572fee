"""QEMU: the command line of a board's machine, and what its exit status means.

`scons run`, `debug`, `bench`, `soak` and the system tests all start machines from here.
"""

import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import List, Optional, Tuple

from resea.errors import UserError
from resea.options import error

# The kernel leaves QEMU by writing 0x10 + its status to the isa-debug-exit device, which makes
# QEMU's own exit status 2 * value + 1. 0 is a QEMU that was told to quit.
EXIT_DEVICE = "isa-debug-exit,iobase=0x501,iosize=4"
EXIT_QUIT = 0
EXIT_SUCCESS = 33
EXIT_FAILURE = 35
EXIT_PANIC = 97

ACCELERATORS = "tcg|kvm"
NETWORKS = "user|tap:IF|none"

# One virtual nanosecond per instruction, idle time skipped: a run takes the same number of
# instructions each time.
ICOUNT = "shift=0,sleep=off,align=off"


@dataclass(frozen=True)
class Machine:
    """A board as its manifest and its architecture describe it to QEMU."""

    program: str
    machine: str = "pc"
    memory: str = "256M"
    cpu: str = "max"
    cpus: int = 1
    args: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Setup:
    """How one run differs from the manifest."""

    cpus: Optional[int] = None
    memory: Optional[str] = None
    accel: str = "tcg"
    gui: bool = False
    disk: Optional[str] = None
    net: str = "none"
    cmdline: str = ""
    serial: str = "stdio"
    icount: bool = False
    gdb: Optional[str] = None
    extra: Tuple[str, ...] = ()


def machine_of(manifest, program: Optional[str]) -> Machine:
    """The machine of a checked board manifest; `program` is what its architecture names."""
    table = manifest.run.get("qemu")
    program = (table or {}).get("system") or program
    if not table or not program:
        raise UserError(f"board={manifest.name}", "QEMU doesn't emulate this board: its manifest "
                        "has no table [run.qemu]")
    given = {key: table[key] for key in ("machine", "memory", "cpu") if table.get(key)}
    return Machine(program=program, cpus=manifest.cpus, args=tuple(table["args"]), **given)


def command(machine: Machine, setup: Setup, image: str = "", iso: str = "") -> List[str]:
    """The whole command line; boots `image` as a kernel, or the CD image `iso`."""
    words = [machine.program, "-no-reboot", "-nodefaults",
             "-machine", machine.machine, "-accel", accelerator(setup),
             "-cpu", "host" if setup.accel == "kvm" else machine.cpu,
             "-m", setup.memory or machine.memory,
             "-smp", str(setup.cpus or machine.cpus)]
    words += display(setup) + ["-serial", setup.serial, "-device", EXIT_DEVICE]
    words += ["-icount", ICOUNT] if setup.icount else []
    words += disk_arguments(setup.disk) + network_arguments(setup.net)
    words += ["-gdb", setup.gdb, "-S"] if setup.gdb else []
    words += ["-cdrom", str(iso), "-boot", "d"] if iso else ["-kernel", str(image)]
    words += ["-append", setup.cmdline] if setup.cmdline and not iso else []
    return words + list(machine.args) + list(setup.extra)


def accelerator(setup: Setup) -> str:
    """TCG runs one thread under icount, whatever -smp says; otherwise one a CPU."""
    if setup.accel == "tcg" and setup.icount:
        return "tcg,thread=single"
    return setup.accel


def display(setup: Setup) -> List[str]:
    """A video card in any case: the kernel writes to its text screen."""
    return ["-vga", "std", "-display", "gtk" if setup.gui else "none"]


def disk_arguments(path: Optional[str]) -> List[str]:
    """A raw disk image as the first hard disk."""
    return ["-drive", f"file={escape(path)},format=raw,if=ide"] if path else []


def network_arguments(net: str) -> List[str]:
    """One network card, or none. No boot ROM: it would only slow the start down."""
    if net == "none":
        return []
    kind, _, interface = net.partition(":")
    backend = "user,id=net0"
    if kind == "tap":
        backend = f"tap,id=net0,ifname={interface},script=no,downscript=no"
    return ["-netdev", backend, "-device", "e1000,netdev=net0,romfile="]


def escape(value: str) -> str:
    """QEMU reads a comma as the end of an option; a doubled one stands for itself."""
    return value.replace(",", ",,")


def setup_of(options) -> Setup:
    """The Setup that `scons run` and its sisters were asked for on the command line."""
    return Setup(cpus=options.cpus, accel=options.get("accel", "tcg"), gui=options.flag("gui"),
                 disk=check_disk(options.get("disk")), net=check_net(options.get("net", "none")),
                 serial="mon:stdio", cmdline=options.get("cmdline", ""))


def check_disk(value: Optional[str]) -> Optional[str]:
    """disk=FILE."""
    if value is not None and not os.path.isfile(value):
        raise error("disk", value, "there is no such file; make one, for example: "
                    "truncate -s 64M " + shlex.quote(value or "disk.img"))
    return value


def check_net(value: str) -> str:
    """net=user|tap:IF|none."""
    if value in ("none", "user") or (value.startswith("tap:") and len(value) > 4):
        return value
    raise error("net", value, "expects user, tap:IF (IF: a network interface) or none")


def explain_exit(status: int) -> str:
    """What an exit status of QEMU tells about the guest; empty if all is well."""
    if status in (EXIT_QUIT, EXIT_SUCCESS):
        return ""
    if status == EXIT_FAILURE:
        return "the guest powered off with a failure: a command of run=\"…\" failed"
    if status == EXIT_PANIC:
        return "the kernel panicked; its message and backtrace are above"
    return f"QEMU ended with status {status}; what it said is above"


def run(words: List[str]) -> str:
    """Runs a machine on this terminal; returns what went wrong, or nothing."""
    return explain_exit(subprocess.call(words))
