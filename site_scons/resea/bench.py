"""`scons bench`: the benchmark's figures, in guest instructions, and the image's sizes."""

import json
import os
import random
import re
import subprocess
from dataclasses import dataclass, field

from resea import latency, netbench, qemu
from resea.baseline import compiler_of
from resea.errors import UserError

# What the guest does: the benchmark's exit status becomes QEMU's.
CMDLINE = 'run="benchmark"'

# The same where an instruction takes longer than a cycle of the guest's clock may show.
COUNTED = 'instruction_ns={0} run="benchmark --instruction-ns={0}"'

# What takes several CPUs, and the time of the clock on the wall.
PAIRS_CMDLINE = 'run="benchmark --pairs"'

# What measures disks, by the kind of disk= that it is about: a program's command line. A board has
# those whose program is in its manifest.
DISK_RUNS = (
    ("virtio", "diskbench virtio0 blk.virtio.read_per_mib"),
    ("ide", "diskbench ide0 blk.ide_dma.read_per_mib"),
    ("sd", "diskbench sd0 sd.read_per_mib"),
    ("virtio", "filebench virtio0"),
)
DISK_MIB = 16
# Its disk has a FAT16 volume, with clusters of 4 KiB.
FILE_PROGRAM = "filebench"
FILE_DISK_MIB = 64

# Seconds; a run takes well under one minute of an idle machine.
LIMIT = 600

_LINE = re.compile(r"^.*?\b(?P<kind>metric|report) (?P<name>[a-z0-9_.]+) (?P<value>-?\d+) "
                   r"(?P<unit>\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """What a board's benchmark has measured: `figures` is {name: (value, unit)}. `reports` is the
    same of what depends on the host: nothing is concluded from it."""

    compiler: str
    figures: dict
    reports: dict = field(default_factory=dict)

    @property
    def values(self):
        """The figures that are compared with a baseline, without their units. Parts of a figure
        aren't: what they come to, it tells."""
        return {name: value for name, (value, _) in self.figures.items() if not is_part(name)}


def is_part(name):
    """Whether a metric is a part of latency.max, one kind of path."""
    return name.startswith(latency.PREFIX + ".")


def metrics(text):
    """The figures in a guest's output: {name: (value, unit)}, in the order of their lines."""
    return _figures(text, "metric")


def reports(text):
    """The same of what is reported only."""
    return _figures(text, "report")


def _figures(text, kind):
    return {match["name"]: (int(match["value"]), match["unit"])
            for match in _LINE.finditer(text) if match["kind"] == kind}


def lines(result):
    """A result as `scons bench` prints it."""
    return [f"{kind} {name} {value} {unit}"
            for kind, figures in (("metric", result.figures), ("report", result.reports))
            for name, (value, unit) in figures.items()]


def command(machine, image):
    """One CPU and counted instructions: the same figures every time."""
    shift = machine.icount_shift
    cmdline = COUNTED.format(1 << shift) if shift else CMDLINE
    return qemu.command(machine, qemu.Setup(cpus=1, icount=True, cmdline=cmdline), image)


def run(machine, image, log):
    """Boots the image, lets it measure, and returns its figures. `log` gets all it said."""
    qemu.run_to_end(command(machine, image), log, LIMIT)
    figures = metrics(log.read_text(encoding="utf-8", errors="replace"))
    if not figures:
        raise UserError(str(log), "the guest printed no figures")
    return figures


def run_pairs(machine, image, log):
    """The same on all CPUs, without counting instructions: returns what is reported. Nothing, of a
    machine with one CPU."""
    if machine.cpus == 1:
        return {}
    qemu.run_to_end(qemu.command(machine, qemu.Setup(cmdline=PAIRS_CMDLINE), image), log, LIMIT)
    return reports(log.read_text(encoding="utf-8", errors="replace"))


def make_disk(path, program, kind):
    """The disk that a program measures: a volume for files, or all kinds of bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if program != FILE_PROGRAM:
        path.write_bytes(random.Random(kind).randbytes(DISK_MIB << 20))
        return
    with open(path, "wb") as file:
        file.truncate(FILE_DISK_MIB << 20)
    # Debian has it where only root looks.
    env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    subprocess.run(["mkfs.fat", "-F", "16", "-s", "8", str(path)], env=env, check=True,
                   stdout=subprocess.DEVNULL)


def run_disks(build, machine, known):
    """The figures of disks, besides those that are `known`: one boot for each of DISK_RUNS, with a
    disk that has all kinds of bytes. The disk answers when the host does, so that the clock must
    not run ahead of it; only the guest's work counts."""
    figures = {}
    programs = [server.name for server in build.manifest.servers]
    for kind, command_line in DISK_RUNS:
        program = command_line.split()[0]
        has_kind = (kind == "sd") == (machine.disk == "sd")
        if not has_kind or program not in programs:
            continue
        disk = build.logs / f"bench-{program}-{kind}.img"
        make_disk(disk, program, kind)
        setup = qemu.Setup(cpus=1, icount=True, icount_sleeps=True, disk=f"{kind}:{disk}",
                           cmdline=f'run="{command_line}"')
        log = build.logs / f"bench-{program}-{kind}.log"
        qemu.run_to_end(qemu.command(machine, setup, build.image), log, LIMIT)
        found = metrics(log.read_text(encoding="utf-8", errors="replace"))
        figures.update({name: found[name] for name in found if name not in known})
        disk.unlink()
    return figures


def run_network(build, machine):
    """The figures of the network, and its reports, where the board has the program that measures
    them."""
    if netbench.PROGRAM not in [server.name for server in build.manifest.servers]:
        return {}, {}
    log = build.logs / f"bench-{netbench.PROGRAM}.log"
    rates = netbench.run(build, machine, log, LIMIT)
    found = metrics(log.read_text(encoding="utf-8", errors="replace"))
    return ({name: found[name] for name in netbench.METRICS},
            {f"{name}.rate": (rate, "requests/s") for name, rate in rates.items()})


# ---- Results, kept for the page of all boards ----------------------------------------------------


def measure(build):
    """Measures a build; its result is kept beside the image."""
    machine = qemu.machine_of(build.manifest, build.arch.qemu)
    figures = run(machine, build.image, build.logs / "bench.log")
    figures.update(latency.figures(latency.measure(build)))
    figures.update(run_disks(build, machine, figures))
    network_figures, reported = run_network(build, machine)
    figures.update(network_figures)
    reported.update(run_pairs(machine, build.image, build.logs / "bench-pairs.log"))
    result = Result(compiler_of(build.arch), figures, reported)
    keep(result, build.folder)
    return result


def keep(result, folder):
    """Leaves a result in the folder of its build, for others to load."""
    (folder / "bench.json").write_text(json.dumps(
        {"compiler": result.compiler, "metrics": result.figures, "reports": result.reports},
        indent=2) + "\n")


def load(folder):
    """The last result of a build, or None."""
    path = folder / "bench.json"
    if not path.is_file():
        return None
    data = json.loads(path.read_text())
    figures, reported = ({name: tuple(figure) for name, figure in data.get(key, {}).items()}
                         for key in ("metrics", "reports"))
    return Result(data["compiler"], figures, reported)
