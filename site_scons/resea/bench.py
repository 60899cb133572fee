"""`scons bench`: the benchmark's figures, in guest instructions, and the image's sizes."""

import re
import subprocess

from resea import qemu
from resea.errors import UserError

# What the guest does: the benchmark's exit status becomes QEMU's.
CMDLINE = 'run="benchmark"'

# The same where an instruction takes longer than a cycle of the guest's clock may show.
COUNTED = 'instruction_ns={0} run="benchmark --instruction-ns={0}"'

# Seconds; a run takes well under one minute of an idle machine.
LIMIT = 600

_METRIC = re.compile(r"^.*?\bmetric (?P<name>[a-z0-9_.]+) (?P<value>-?\d+) (?P<unit>\S+)\s*$",
                     re.MULTILINE)


def metrics(text):
    """The figures in a guest's output: {name: (value, unit)}, in the order of their lines."""
    return {match["name"]: (int(match["value"]), match["unit"])
            for match in _METRIC.finditer(text)}


def lines(figures):
    """The figures as `scons bench` prints them."""
    return [f"metric {name} {value} {unit}" for name, (value, unit) in figures.items()]


def command(machine, image):
    """One CPU and counted instructions: the same figures every time."""
    shift = machine.icount_shift
    cmdline = COUNTED.format(1 << shift) if shift else CMDLINE
    return qemu.command(machine, qemu.Setup(cpus=1, icount=True, cmdline=cmdline), image)


def run(machine, image, log):
    """Boots the image, lets it measure, and returns its figures. `log` gets all it said."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        status = subprocess.run(command(machine, image), stdin=subprocess.DEVNULL, stdout=file,
                                stderr=subprocess.STDOUT, timeout=LIMIT, check=False).returncode
    figures = metrics(log.read_text(encoding="utf-8", errors="replace"))
    problem = qemu.explain_exit(status) or ("" if figures else "the guest printed no figures")
    if problem:
        raise UserError(str(log), f"{problem}; the file has all that the guest said")
    return figures
