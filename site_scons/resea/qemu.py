"""QEMU: the command line of a board's machine, and what its exit status means.

`scons run`, `debug`, `bench`, `soak` and the system tests all start machines from here.
"""

import os
import shlex
import subprocess
from dataclasses import dataclass, field, replace
from typing import List, Optional, Tuple

from resea.errors import UserError, hint

# The kernel leaves QEMU by writing 0x10 + its status to the isa-debug-exit device, which makes
# QEMU's own exit status 2 * value + 1. 0 is a QEMU that was told to quit.
EXIT_DEVICE = "isa-debug-exit,iobase=0x501,iosize=4"
EXIT_QUIT = 0
EXIT_SUCCESS = 33
EXIT_FAILURE = 35
EXIT_PANIC = 97

PROGRAMS = {"x64": "qemu-system-x86_64"}

ACCELERATORS = ("tcg", "kvm")
NETWORKS = ("none", "user", "tap:IF")
CPUS_MAX = 16

# One virtual nanosecond per instruction, idle time skipped: a run takes the same number of
# instructions each time.
ICOUNT = "shift=0,sleep=off,align=off"


@dataclass(frozen=True)
class Machine:
    """What the [run.qemu] table of a board's manifest says."""

    arch: str = "x64"
    machine: str = "pc"
    memory: str = "256M"
    cpu: str = "max"
    cpus: int = 1
    args: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
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
    extra: Tuple[str, ...] = field(default_factory=tuple)


def program(arch: str) -> str:
    """The emulator of an architecture."""
    if arch not in PROGRAMS:
        raise UserError("scons run", f"no emulator is known for the architecture '{arch}'"
                        + hint(arch, PROGRAMS))
    return PROGRAMS[arch]


def command(machine: Machine, options: Options, image: str = "", iso: str = "") -> List[str]:
    """The whole command line; boots `image` as a kernel, or the CD image `iso`."""
    words = [program(machine.arch), "-no-reboot", "-nodefaults",
             "-machine", machine.machine, "-accel", accelerator(options),
             "-cpu", "host" if options.accel == "kvm" else machine.cpu,
             "-m", options.memory or machine.memory,
             "-smp", str(options.cpus or machine.cpus)]
    words += display(options) + ["-serial", options.serial, "-device", EXIT_DEVICE]
    words += ["-icount", ICOUNT] if options.icount else []
    words += disk_arguments(options.disk) + network_arguments(options.net)
    words += ["-gdb", options.gdb, "-S"] if options.gdb else []
    words += ["-cdrom", iso, "-boot", "d"] if iso else ["-kernel", image]
    words += ["-append", options.cmdline] if options.cmdline and not iso else []
    return words + list(machine.args) + list(options.extra)


def accelerator(options: Options) -> str:
    """TCG runs one thread under icount, whatever -smp says; otherwise one a CPU."""
    if options.accel == "tcg" and options.icount:
        return "tcg,thread=single"
    return options.accel


def display(options: Options) -> List[str]:
    """A video card in any case: the kernel writes to its text screen."""
    return ["-vga", "std", "-display", "gtk" if options.gui else "none"]


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


def parse_options(arguments: dict, where: str = "command line") -> Options:
    """Options from the words NAME=VALUE of SCons' command line; checks every value."""
    gui = choice(arguments.get("gui", "0"), "gui", ("0", "1"), where) == "1"
    options = Options(
        accel=choice(arguments.get("accel", "tcg"), "accel", ACCELERATORS, where),
        gui=gui, disk=parse_disk(arguments.get("disk"), where),
        net=parse_net(arguments.get("net", "none"), where), serial="mon:stdio",
        cmdline=arguments.get("cmdline", ""))
    if "cpus" in arguments:
        options = replace(options, cpus=parse_cpus(arguments["cpus"], where))
    return options


def choice(value: str, name: str, valid, where: str) -> str:
    """`value`, if it is one of the valid ones."""
    if value not in valid:
        raise UserError(where, f"{name}={value} is not one of the values of {name}"
                        + hint(value, valid))
    return value


def parse_cpus(value: str, where: str) -> int:
    """cpus=N."""
    if not value.isdecimal() or not 1 <= int(value) <= CPUS_MAX:
        raise UserError(where, f"cpus={value} is out of range; give a number from 1 to {CPUS_MAX}")
    return int(value)


def parse_disk(value: Optional[str], where: str) -> Optional[str]:
    """disk=FILE."""
    if value is not None and not os.path.isfile(value):
        raise UserError(where, f"disk={value} is not a file; "
                        "make one, for example: truncate -s 64M " + shlex.quote(value))
    return value


def parse_net(value: str, where: str) -> str:
    """net=user|tap:IF|none."""
    if value in ("none", "user") or (value.startswith("tap:") and len(value) > 4):
        return value
    raise UserError(where, f"net={value} is not a network; give one of: " + ", ".join(NETWORKS))


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
