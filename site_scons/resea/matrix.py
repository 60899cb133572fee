"""The board matrix: which boards there are to test, and in which variants.

Everything comes from the manifests and `arch.toml`: a board with a table [run.qemu] is tested, one
without is only built. `scons test` builds from here, the system tests are parametrised from here.
"""

from dataclasses import dataclass, field

from resea import arch as archs
from resea import manifest as manifests
from resea import qemu
from resea.components import Library
from resea.errors import UserError, unknown

MODES = ("debug", "release")


@dataclass(frozen=True)
class Variant:
    """One build of a board on a number of CPUs."""

    board: str
    mode: str
    cpus: int

    def __str__(self):
        return f"{self.board}-{self.mode}-{self.cpus}cpu"


@dataclass(frozen=True)
class Board:
    """A board as tests see it: `name`, its manifest, and what its architecture can do."""

    name: str
    manifest: manifests.Manifest = field(repr=False, compare=False)
    arch: archs.Arch = field(repr=False, compare=False)

    @property
    def emulated(self):
        """Whether tests can boot it: QEMU knows the machine, and there is something to boot."""
        table = self.manifest.run.get("qemu")
        return bool(table and self.arch.links and (table["system"] or self.arch.qemu))

    @property
    def machine(self):
        """How QEMU is to build it."""
        return qemu.machine_of(self.manifest, self.arch.qemu)

    @property
    def cpu_counts(self):
        """One CPU, and all."""
        return tuple(sorted({1, self.manifest.cpus}))

    def variants(self):
        """All variants in which portable tests run."""
        return [Variant(self.name, mode, cpus) for mode in MODES for cpus in self.cpu_counts]

    def lacks(self, program):
        """Whether a program isn't in its manifest."""
        manifest = self.manifest
        return program not in [*manifest.programs(), *manifest.twins(), *manifest.commands()]

    @property
    def mmu(self):
        """Whether tasks are kept apart by hardware."""
        return self.arch.mmu

    @property
    def smp(self):
        """Whether it has several CPUs."""
        return self.manifest.cpus > 1


def load(top, external=()):
    """All boards, by name."""
    folders = Library(top, external, None).boards()

    def find(name):
        if name not in folders:
            raise KeyError(list(folders))
        return folders[name]

    return {name: _board(top, name, find) for name in folders}


def _board(top, name, find):
    found = manifests.load(name, find)
    return Board(name, found, archs.load(top, found.arch, lambda what: found.file.error(
        ("board", "arch"), what)))


def pick(boards, name):
    """The boards that board=NAME (None: not given) means."""
    if name in (None, "all"):
        return list(boards.values())
    if name not in boards:
        raise UserError("command line", f"board={name}: "
                        + unknown("board", name, list(boards) + ["all"]))
    return [boards[name]]
