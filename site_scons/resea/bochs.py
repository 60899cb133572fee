"""Bochs: boots the ISO image without a window, its serial line in a file or on the terminal."""

import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from typing import List

from resea.errors import UserError

BIOS_FILES = ("/usr/share/bochs/BIOS-bochs-latest",
              "/opt/homebrew/share/bochs/BIOS-bochs-latest",
              "/usr/local/share/bochs/BIOS-bochs-latest")
VGA_BIOS_FILES = ("/usr/share/bochs/VGABIOS-lgpl-latest",
                  "/opt/homebrew/share/bochs/VGABIOS-lgpl-latest",
                  "/usr/local/share/bochs/VGABIOS-lgpl-latest")

# The model with SMEP and SMAP, and with the features that QEMU's TCG lacks: x2APIC, PCID,
# invariant TSC. `sync=none` lets time run as fast as instructions do.
CONFIG = """\
megs: {megs}
cpu: model=corei7_skylake_x, count={cpus}, ips=50000000, reset_on_triple_fault=0
clock: sync=none, time0=utc
romimage: file="{bios}"
vgaromimage: file="{vga_bios}"
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="{serial}"
log: "{log}"
error: action=report
panic: action=fatal
display_library: term
port_e9_hack: enabled=0
speaker: enabled=0
sound: driver=default
"""

# How often `follow` looks for more output, in seconds.
POLL_INTERVAL = 0.1


def first_file(what: str, names) -> str:
    """The first of `names` that exists."""
    for name in names:
        if os.path.exists(name):
            return name
    raise UserError("scons bochs", f"{what} is missing: {names[0]}; "
                    "run ./bootstrap scons board=x64 bochs, or install bochsbios and vgabios")


def config(iso: str, serial: str, log: str, cpus: int = 1, megs: int = 256) -> str:
    """The text of bochsrc."""
    return CONFIG.format(iso=iso, serial=serial, log=log, cpus=cpus, megs=megs,
                         bios=first_file("Bochs' BIOS", BIOS_FILES),
                         vga_bios=first_file("Bochs' video BIOS", VGA_BIOS_FILES))


def command(directory: str) -> List[str]:
    """The command line. `script` gives Bochs the terminal that its text display wants.

    The build of Debian stops in its debugger first: the rc file tells it to go on. Other builds
    don't know the option, and don't stop either.
    """
    words = ["bochs", "-q", "-f", os.path.join(directory, "bochsrc")]
    if has_debugger():
        words += ["-rc", os.path.join(directory, "commands")]
    if sys.platform == "darwin":
        return ["script", "-q", "/dev/null", *words]
    return ["script", "-qefc", shlex.join(words), "/dev/null"]


def has_debugger() -> bool:
    """Whether this Bochs is a build with the debugger, which is what knows -rc."""
    path = shutil.which("bochs") or "bochs"
    done = subprocess.run([path, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return "-rc" in done.stdout


def prepare(iso: str, directory: str, cpus: int = 1, megs: int = 256) -> str:
    """Writes Bochs' files into `directory`; returns the path of the file with serial output."""
    directory = os.path.abspath(directory)
    os.makedirs(directory, exist_ok=True)
    serial = os.path.join(directory, "serial.log")
    text = config(os.path.abspath(iso), serial, os.path.join(directory, "bochs.log"), cpus, megs)
    for name, content in (("bochsrc", text), ("commands", "c\nquit\n"), ("serial.log", "")):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(content)
    return serial


def start(directory: str) -> subprocess.Popen:
    """Starts what `prepare` wrote, in a session of its own so that it can be ended as a whole."""
    return subprocess.Popen(command(os.path.abspath(directory)), stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env={**os.environ, "TERM": "xterm"}, start_new_session=True)


def run(iso: str, directory: str, cpus: int) -> str:
    """`scons bochs`: shows the serial line until the guest powers off or Ctrl-C."""
    serial = prepare(iso, directory, cpus)
    process = start(directory)
    follower = threading.Thread(target=follow, args=(serial, process), daemon=True)
    follower.start()
    try:
        process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
    follower.join()
    return explain(os.path.join(directory, "bochs.log"))


def follow(path: str, process: subprocess.Popen):
    """Copies what a growing file gets to stdout for as long as a process lives."""
    with open(path, "rb") as file:
        while True:
            ended = process.poll() is not None
            data = file.read()
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            if ended and not data:
                return
            if not data:
                time.sleep(POLL_INTERVAL)


def explain(log: str) -> str:
    """What went wrong, out of Bochs' log; nothing if it was shut down."""
    with open(log, encoding="utf-8", errors="replace") as file:
        panics = [line for line in file if ">>PANIC<<" in line]
    if panics and "shutdown" not in panics[-1].lower():
        return f"Bochs stopped: {panics[-1].strip()} (the whole log: {log})"
    return ""
