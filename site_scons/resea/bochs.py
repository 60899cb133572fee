"""Bochs: boots the ISO image without a window, its serial line on standard output."""

import os
import shlex
import shutil
import subprocess
import sys
from typing import List

from resea.errors import UserError

BIOS_FILES = ("/usr/share/bochs/BIOS-bochs-latest",
              "/opt/homebrew/share/bochs/BIOS-bochs-latest",
              "/usr/local/share/bochs/BIOS-bochs-latest")
VGA_BIOS_FILES = ("/usr/share/bochs/VGABIOS-lgpl-latest",
                  "/opt/homebrew/share/bochs/VGABIOS-lgpl-latest",
                  "/usr/local/share/bochs/VGABIOS-lgpl-latest")

# Has SMEP and SMAP, and what QEMU's TCG lacks: x2APIC, PCID, an invariant TSC.
DEFAULT_CPU = "corei7_skylake_x"

# `sync=none` lets time run as fast as instructions do. The serial line goes to descriptor 5: see
# command().
CONFIG = """\
megs: {megs}
cpu: model={cpu}, count={cpus}, ips=50000000, reset_on_triple_fault=0
clock: sync=none, time0=utc
romimage: file="{bios}"
vgaromimage: file="{vga_bios}"
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="/dev/fd/5"
log: "{log}"
error: action=report
panic: action=fatal
display_library: term
port_e9_hack: enabled=0
speaker: enabled=0
sound: driver=default
"""


def first_file(what: str, names) -> str:
    """The first of `names` that exists."""
    for name in names:
        if os.path.exists(name):
            return name
    raise UserError("scons bochs", f"{what} is missing: {names[0]}; "
                    "run ./bootstrap scons board=x64 bochs, or install bochsbios and vgabios")


def config(iso: str, log: str, table=None, cpus: int = 1) -> str:
    """The text of bochsrc; `table` is [run.bochs] of the board's manifest."""
    table = table or {}
    text = CONFIG.format(iso=iso, log=log, cpus=cpus, cpu=table.get("cpu") or DEFAULT_CPU,
                         megs=megabytes(table.get("memory") or "256M"),
                         bios=first_file("Bochs' BIOS", BIOS_FILES),
                         vga_bios=first_file("Bochs' video BIOS", VGA_BIOS_FILES))
    return text + "".join(line + "\n" for line in table.get("options") or ())


def megabytes(size: str) -> int:
    """"256M" or "1G" in Bochs' unit."""
    return int(size[:-1]) * {"M": 1, "G": 1024}[size[-1:]]


def command(directory: str) -> List[str]:
    """The command line: what the guest says comes out on standard output.

    `script` gives Bochs the terminal that its text display wants, whose contents nobody needs:
    hence the serial line takes another way. On standard error comes what `script` itself has to
    say, not Bochs. The build of Debian stops in its debugger first, and the file `commands` tells
    it to go on. Other builds don't know -rc, and don't stop either.
    """
    words = ["bochs", "-q", "-f", os.path.join(directory, "bochsrc")]
    if has_debugger():
        words += ["-rc", os.path.join(directory, "commands")]
    if sys.platform == "darwin":
        script = ["script", "-q", "/dev/null", *words]
    else:
        script = ["script", "-qefc", shlex.join(words), "/dev/null"]
    return ["sh", "-c", f"exec 5>&1; TERM=xterm exec {shlex.join(script)} "
            ">/dev/null </dev/null"]


def has_debugger() -> bool:
    """Whether this Bochs is a build with the debugger, which is what knows -rc."""
    path = shutil.which("bochs") or "bochs"
    done = subprocess.run([path, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return "-rc" in done.stdout


def prepare(iso: str, directory: str, table=None, cpus: int = 1) -> List[str]:
    """Writes Bochs' files into `directory`; returns the command line."""
    directory = os.path.abspath(directory)
    os.makedirs(directory, exist_ok=True)
    text = config(os.path.abspath(iso), os.path.join(directory, "bochs.log"), table, cpus)
    for name, content in (("bochsrc", text), ("commands", "c\nquit\n")):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(content)
    return command(directory)


def run(iso: str, directory: str, table, cpus: int) -> str:
    """`scons bochs`, until the guest powers off or Ctrl-C. Returns what went wrong, if anything."""
    # Through a pipe: Bochs would overwrite a regular file from its beginning.
    process = subprocess.Popen(prepare(iso, directory, table, cpus), stdout=subprocess.PIPE)
    try:
        for data in iter(lambda: process.stdout.read1(4096), b""):
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
    except KeyboardInterrupt:
        process.terminate()
    process.wait()
    return explain(os.path.join(directory, "bochs.log"))


def explain(log: str) -> str:
    """What went wrong, out of Bochs' log; nothing if it was shut down."""
    with open(log, encoding="utf-8", errors="replace") as file:
        panics = [line for line in file if ">>PANIC<<" in line]
    if panics and "shutdown" not in panics[-1].lower():
        return f"Bochs stopped: {panics[-1].strip()} (the whole log: {log})"
    return ""
