"""QEMU: the command line of a board's machine, and what its exit status means.

`scons run`, `debug`, `bench`, `soak` and the system tests all start machines from here.
"""

import functools
import hashlib
import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from resea import network
from resea.errors import UserError
from resea.files import write_if_changed
from resea.network import escape
from resea.options import error

# How the kernel leaves QEMU with a status, by [run.qemu] exit. On a PC it writes 0x10 + its status
# to the isa-debug-exit device, which makes QEMU's own exit status 2 * value + 1; by semihosting it
# gives that very number. 0 is a QEMU that was told to quit.
EXITS = {
    "isa-debug-exit": ("-device", "isa-debug-exit,iobase=0x501,iosize=4"),
    "semihosting": ("-semihosting-config", "enable=on,target=native"),
}
EXIT_QUIT = 0
EXIT_SUCCESS = 33
EXIT_FAILURE = 35
EXIT_PANIC = 97

# A part of disk=.
DISK_KINDS = ("virtio", "ide", "sd")
_DISK = re.compile(rf"(?:(?P<kind>{'|'.join(DISK_KINDS)}):)?(?P<path>.*)", re.DOTALL)

ACCELERATORS = "tcg|kvm"

# How QEMU gets the image into memory, by [run.qemu] load.
LOADERS = {
    "kernel": lambda image: ("-kernel", str(image)),
    "loader": lambda image: ("-device", "loader,file="
                             + escape(os.path.splitext(image)[0] + ".hex")),
}

# The smallest SD card that is worth having.
MIN_CARD = 1 << 20

# What a machine whose parts can be chosen has, unless its manifest says something else.
DEFAULTS = {"memory": "256M", "cpu": "max", "disk": "ide", "network": network.CARDS["e1000"],
            "sound": "intel-hda"}


@dataclass(frozen=True)
class Machine:
    """A board as its manifest and its architecture describe it to QEMU.

    `fixed`: it is one certain board, for which neither CPUs nor a video card can be chosen. What is
    None can't be chosen or isn't there either.
    """

    program: str
    machine: str
    memory: Optional[str] = None
    cpu: Optional[str] = None
    cpus: int = 1
    fixed: bool = False
    exit: Optional[str] = None
    load: str = "kernel"
    icount_shift: int = 0
    cmdline_max: Optional[int] = None
    disk: Optional[str] = None
    network: Optional[str] = None
    keyboard: Optional[str] = None
    sound: Optional[str] = None
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
    nic: Optional[str] = None
    sound: str = "none"
    cmdline: str = ""
    serial: str = "stdio"
    icount: bool = False
    # While all CPUs are idle, the clock goes on as the host's does, instead of jumping to the next
    # timer: what waits for the host isn't overtaken by its own time limits.
    icount_sleeps: bool = False
    gdb: Optional[str] = None
    extra: Tuple[str, ...] = ()


def machine_of(manifest, program: Optional[str]) -> Machine:
    """The machine of a checked board manifest; `program` is what its architecture names."""
    table = manifest.run.get("qemu")
    program = (table or {}).get("system") or program
    if not table or not program:
        raise UserError(f"board={manifest.name}", "QEMU doesn't emulate this board: its manifest "
                        "has no table [run.qemu]")
    given = {key: value for key, value in table.items()
             if key not in ("system", "args") and value is not None}
    return Machine(program=program, cpus=manifest.cpus, args=tuple(table["args"]),
                   **{**({} if given.get("fixed") else DEFAULTS), **given})


def command(machine: Machine, setup: Setup, image: str = "", iso: str = "") -> List[str]:
    """The whole command line; boots `image` as a kernel, the CD image `iso`, or else from a
    disk."""
    # Random numbers are part of what is counted, too.
    words = ["-icount", icount(machine, setup), "-seed", "1"] if setup.icount else []
    words += disk_arguments(machine, setup.disk) + network.arguments(machine, setup.net, setup.nic)
    words += sound_arguments(machine, setup.sound)
    words += ["-gdb", setup.gdb, "-S"] if setup.gdb else []
    words += boot_arguments(machine, str(image), str(iso))
    cmdline = kernel_cmdline(machine, setup)
    words += cmdline_arguments(machine, image, cmdline) if cmdline and image else []
    words += list(machine.args) + list(setup.extra)
    accel = accelerator(setup, not machine.fixed and adds_devices(words), machine.program)
    first = [machine.program, "-no-reboot", "-nodefaults", "-machine", machine.machine,
             "-accel", accel, *hardware(machine, setup), "-serial", setup.serial]
    return first + list(EXITS.get(machine.exit, ())) + words


def boot_arguments(machine: Machine, image: str, iso: str) -> List[str]:
    """What is booted."""
    if image:
        return LOADERS[machine.load](image)
    return ["-cdrom", iso, "-boot", "d"] if iso else ["-boot", "c"]


def accelerator(setup: Setup, has_devices: bool, program: str) -> str:
    """TCG runs one thread under icount, whatever -smp says; otherwise one a CPU, if it can."""
    if setup.accel == "tcg" and (setup.icount or (has_devices and loses_devices(program))):
        return "tcg,thread=single"
    return setup.accel


def adds_devices(words: List[str]) -> bool:
    """Whether a command line adds devices that have registers in memory."""
    return any(before == "-device" and not word.startswith(("isa-", "ide-", "loader,"))
               or before == "-drive" and "if=virtio" in word
               for before, word in zip(words, words[1:]))


@functools.lru_cache(maxsize=None)
def loses_devices(program: str) -> bool:
    """Whether this QEMU may crash when a CPU moves a device's registers while another one uses
    some: before version 8.1, a thread could use a new map of memory with its old TLB."""
    try:
        text = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True,
                              check=False).stdout
    except OSError:
        return False  # It isn't there: whoever starts it will say so.
    version = re.search(r"version (\d+)\.(\d+)", text)
    return bool(version) and (int(version[1]), int(version[2])) < (8, 1)


def icount(machine: Machine, setup: Setup) -> str:
    """2^shift virtual nanoseconds per instruction. With idle time skipped, a run takes the same
    number of instructions each time."""
    sleep = "on" if setup.icount_sleeps else "off"
    return f"shift={machine.icount_shift},sleep={sleep},align=off"


def hardware(machine: Machine, setup: Setup) -> List[str]:
    """CPUs, memory and the screen. A PC has a video card in any case: the kernel writes to its text
    screen."""
    cpu = "host" if setup.accel == "kvm" and machine.cpu else machine.cpu
    memory = setup.memory or machine.memory
    words = ["-cpu", cpu] if cpu else []
    words += ["-m", memory] if memory else []
    if not machine.fixed:
        words += ["-smp", str(setup.cpus or machine.cpus), "-vga", "std"]
    words += ["-display", "gtk" if setup.gui else "none"]
    return words + (["-device", machine.keyboard] if setup.gui and machine.keyboard else [])


def kernel_cmdline(machine: Machine, setup: Setup) -> str:
    """What the kernel is told. A machine with a fixed number of CPUs has them all, and the kernel
    leaves some alone."""
    if not machine.fixed or setup.cpus in (None, machine.cpus):
        return setup.cmdline
    if setup.cpus > machine.cpus:
        raise error("cpus", str(setup.cpus), f"the machine has {machine.cpus}")
    return f"{setup.cmdline} cpus={setup.cpus}".strip()


def cmdline_arguments(machine: Machine, image: str, cmdline: str) -> List[str]:
    """By the boot loader's protocol; or, where there is none, in the page of flash that the layout
    beside the image has left free for it."""
    size = len(cmdline.encode())
    if machine.cmdline_max and size > machine.cmdline_max:
        raise error("cmdline", cmdline, f"is too long: QEMU's model of this board has room for "
                    f"{machine.cmdline_max} bytes, and this has {size}")
    if machine.load != "loader":
        return ["-append", cmdline]
    folder = Path(image).parent
    address, length = json.loads((folder / "layout.json").read_text())["cmdline"]
    text = cmdline.encode() + b"\0"
    if len(text) > length:
        raise error("cmdline", cmdline, f"is too long: {length - 1} bytes fit into flash")
    # Named by what is in it: machines that run at the same time don't get in each other's way.
    path = folder / "cmdline" / hashlib.sha256(text).hexdigest()[:16]
    write_if_changed(path, text)
    return ["-device", f"loader,file={escape(str(path))},addr={address:#x},force-raw=on"]


def split_disks(value: str) -> List[Tuple[Optional[str], str]]:
    """disk=[KIND:]FILE,… as kinds (None: not said) and files."""
    return [(match["kind"], match["path"])
            for match in map(_DISK.match, value.split(",")) if match]


def disk_arguments(machine: Machine, value: Optional[str]) -> List[str]:
    """Raw disk images as the machine's disks, in this order."""
    words = []
    for kind, path in split_disks(value) if value else ():
        if not machine.disk:
            raise error("disk", path, "QEMU's model of this board has no disk")
        # A board with a card slot has nothing else; other machines have no card slot.
        kinds = ("sd",) if machine.disk == "sd" else ("virtio", "ide")
        if kind and kind not in kinds:
            raise error("disk", f"{kind}:{path}", f"the board has {' and '.join(kinds)} disks")
        if machine.disk == "sd":
            check_card_size(path)
        words += ["-drive", f"file={escape(path)},format=raw,if={kind or machine.disk}"]
    return words


def check_card_size(path: str):
    """QEMU takes SD cards of certain sizes only, and needs a page to say so."""
    size = os.path.getsize(path)
    if size < MIN_CARD or size & (size - 1):
        larger = max(MIN_CARD, 1 << size.bit_length())
        raise error("disk", path, f"has {size} bytes, but QEMU's SD cards have a power of two; "
                    f"make it larger: truncate -s {larger} {shlex.quote(path)}")


def sound_arguments(machine: Machine, sound: str) -> List[str]:
    """A sound card with a codec that only plays. What it plays goes to one of QEMU's audio
    drivers, or into a file, which has the rate of a CD's."""
    if sound == "none":
        return []
    if not machine.sound:
        raise error("sound", sound, "QEMU's model of this board has no sound")
    driver = f"driver={escape(sound)},id=sound0"
    if sound.endswith(".wav"):
        driver = f"driver=wav,id=sound0,path={escape(sound)},out.frequency=44100"
    return ["-audiodev", driver,
            "-device", machine.sound, "-device", "hda-output,audiodev=sound0"]


def setup_of(options) -> Setup:
    """The Setup that `scons run` and its sisters were asked for on the command line."""
    return Setup(cpus=options.cpus, accel=options.get("accel", "tcg"), gui=options.flag("gui"),
                 disk=check_disk(options.get("disk")),
                 net=network.check_net(options.get("net", network.DEFAULT)),
                 nic=network.check_nic(options.get("nic")),
                 sound=check_sound(options.get("sound", "none")),
                 serial="mon:stdio", cmdline=options.get("cmdline", ""))


def check_disk(value: Optional[str]) -> Optional[str]:
    """disk=[KIND:]FILE,…"""
    for _, path in split_disks(value) if value is not None else ():
        if not os.path.isfile(path):
            raise error("disk", path, "there is no such file; make one, for example: "
                        "truncate -s 64M " + shlex.quote(path or "disk.img"))
    return value


def check_sound(value: str) -> str:
    """sound=FILE.wav|DRIVER|none."""
    folder = os.path.dirname(value) or "."
    if not value or value == ".wav" or (value.endswith(".wav") and not os.path.isdir(folder)):
        raise error("sound", value, "expects a file ending in .wav in a folder that exists, one of "
                    "QEMU's audio drivers (qemu-system-x86_64 -audiodev help lists them), or none")
    return value


def explain_exit(status: int) -> str:
    """What an exit status of QEMU tells about the guest; empty if all is well."""
    if status in (EXIT_QUIT, EXIT_SUCCESS):
        return ""
    if status == EXIT_FAILURE:
        return "the guest powered off with a failure: a command of run=\"…\" failed"
    if status == EXIT_PANIC:
        return "the kernel panicked; its message and backtrace are above"
    return f"QEMU ended with status {status}; what it said is above"


def run_to_end(words: List[str], log: Path, limit: int):
    """Runs a machine that nobody talks to; `log` gets all it says. Raises a UserError if it fails,
    or takes longer than `limit` seconds."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        try:
            status = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file,
                                    stderr=subprocess.STDOUT, timeout=limit,
                                    check=False).returncode
        except subprocess.TimeoutExpired:
            raise UserError(str(log), f"the guest hung for {limit} s") from None
    problem = explain_exit(status)
    if problem:
        raise UserError(str(log), f"{problem}; the file has all that the guest said")


def run(words: List[str]) -> str:
    """Runs a machine on this terminal; returns what went wrong, or nothing."""
    return explain_exit(subprocess.call(words))
