"""The figures of `scons bench` that others are compared with: committed baselines, and what other
systems reach.

A baseline is tests/benchmarks/<board>.toml, with a table for each version of a compiler:

    ["clang 14.0.6"]
    date = 2026-11-28

    ["clang 14.0.6".values]
    "syscall.null" = 100
"""

import datetime
import re
import subprocess
from dataclasses import dataclass, field

from resea import schema, tomlfile
from resea.errors import UserError
from resea.files import write_if_changed
from resea.schema import Field

FOLDER = "tests/benchmarks"

# How far above the baseline a figure may be, in per cent. They repeat exactly: this is for what a
# change elsewhere moves by accident, such as the compiler's choice of what to inline.
LIMIT = 3
# The same for figures of disks and the network: they answer when the host does, so that the guest
# waits now more, now less often.
HOST_LIMIT = 10
WITH_HOST = ("blk.", "fat.", "sd.", "http.", "tcp.", "udp.")
LIMITS = f"{LIMIT} %, disks and the network {HOST_LIMIT} %"

_METRIC = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")

_HEAD = """\
# What `scons board={board} bench` has measured, by compiler; `compare=1` compares with it.
# Written by `scons board={board} bench baseline=1`.
"""


@dataclass(frozen=True)
class Baseline:
    """What one version of a compiler made of the tree on some day."""

    compiler: str
    date: datetime.date
    values: dict = field(hash=False)


@dataclass(frozen=True)
class Anchor:
    """Another system's figures, to be compared with one board's."""

    system: str
    board: str
    source: str
    values: dict = field(hash=False)


def path_of(top, board):
    return top / FOLDER / f"{board}.toml"


def compiler_of(arch):
    """The name and version of an architecture's compiler: "clang 14.0.6"."""
    from resea.environment import TOOLCHAINS  # which needs SCons, as the book does not
    name = TOOLCHAINS[arch.toolchain].programs["CC"]
    option = "-dumpfullversion" if name == "gcc" else "-dumpversion"
    done = subprocess.run([arch.prefix + name, option], stdout=subprocess.PIPE, text=True,
                          check=True)
    return f"{name} {done.stdout.strip()}"


# ---- Reading and writing ------------------------------------------------------------------------


def _date(file, path, value):
    if type(value) is not datetime.date:
        raise schema.Invalid(f"expects a date, not {schema.describe(value)}")
    return value


def _values(file, path, value):
    """A table of metrics, none of them negative."""
    if not isinstance(value, dict):
        raise schema.Invalid(f"expects a table, not {schema.describe(value)}")
    for name, number in value.items():
        if not _METRIC.fullmatch(name):
            raise file.error(path + (name,), f"'{name}' is not the name of a metric")
        if type(number) is not int or number < 0:
            raise file.error(path + (name,), "expects a number, 0 or more")
    return dict(value)


_BASELINE = {"date": Field(_date, required=True), "values": Field(_values, required=True)}
_ANCHORS = {"anchor": Field(schema.list_of(schema.table({
    "system": Field(schema.string, required=True),
    "board": Field(schema.string, required=True),
    "source": Field(schema.choice("source", ("measured", "published")), required=True),
    "values": Field(_values, required=True),
})), required=True)}


def parse(text, name):
    """The baselines in a file's text, by compiler."""
    file = tomlfile.parse(text, name)
    return {compiler: Baseline(compiler, **schema.read_table(file, (compiler,), _BASELINE))
            for compiler in file.data}


def load(top, board):
    """A board's baselines, by compiler. There may be none."""
    path = path_of(top, board)
    if not path.is_file():
        return {}
    return parse(path.read_text(encoding="utf-8"), str(path.relative_to(top)))


def text_of(board, baselines):
    """A baseline file."""
    parts = [_HEAD.format(board=board)]
    for compiler, entry in sorted(baselines.items()):
        lines = [f'["{compiler}"]', f"date = {entry.date.isoformat()}", "",
                 f'["{compiler}".values]']
        lines += [f'"{name}" = {value}' for name, value in entry.values.items()]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def store(top, board, compiler, values, date):
    """Makes `values` the board's baseline of this compiler; those of others stay. Returns its
    path."""
    baselines = load(top, board)
    baselines[compiler] = Baseline(compiler, date, values)
    path = path_of(top, board)
    write_if_changed(path, text_of(board, baselines))
    return path.relative_to(top)


def load_anchors(top):
    """All that anchors.toml has."""
    file = tomlfile.load(top / FOLDER / "anchors.toml", f"{FOLDER}/anchors.toml")
    return [Anchor(**entry) for entry in schema.read_table(file, (), _ANCHORS)["anchor"]]


# ---- Comparing ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A metric that isn't what it was. None: it isn't there."""

    name: str
    before: int
    now: int

    @property
    def verdict(self):
        if self.now is None:
            return "gone"
        if self.before is None:
            return "new"
        if self.now > self.before:
            return "worse" if is_worse(self.name, self.before, self.now) else "more"
        return "better"

    @property
    def fails(self):
        return self.verdict in ("gone", "worse")


def is_worse(name, before, now):
    """Whether a figure is too far above the baseline's: less is better, for all metrics."""
    return now * 100 > before * (100 + (HOST_LIMIT if name.startswith(WITH_HOST) else LIMIT))


def per_cent(before, now):
    """The change in words: "+3.2 %"."""
    return f"{(now - before) * 100 / before:+.1f} %" if before else f"{now - before:+d}"


def changes(before, now):
    """The Changes between two sets of values, in the order of the metrics."""
    names = list(dict.fromkeys([*now, *before]))
    return [Change(name, before.get(name), now.get(name)) for name in names
            if before.get(name) != now.get(name)]


def table(found):
    """Changes, for people."""
    rows = [("figure", "baseline", "now", "change", "")]
    for change in found:
        both = change.before is not None and change.now is not None
        rows.append((change.name, *("-" if value is None else str(value)
                                    for value in (change.before, change.now)),
                     per_cent(change.before, change.now) if both else "-", change.verdict))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join([row[0].ljust(widths[0]),
                       *(cell.rjust(width) for cell, width in zip(row[1:4], widths[1:])),
                       row[4]]).rstrip()
            for row in rows]


def compare(board, compiler, values, baselines):
    """Compares a board's figures with its baseline: lines to print, and whether all is well."""
    renew = f"scons board={board} bench baseline=1"
    if not baselines:
        raise UserError(f"board={board}", f"there is no baseline to compare with; {renew} makes "
                        f"the file {FOLDER}/{board}.toml, to be committed")
    if compiler not in baselines:
        return [f"{board}: not compared: the baseline is of {' and '.join(sorted(baselines))}, "
                f"this is {compiler}, whose code is another"], True
    base = baselines[compiler]
    found = changes(base.values, values)
    failing = [change for change in found if change.fails]
    head = f"{board}: compared with the baseline of {base.date} ({compiler}), "
    if not failing:
        lines = [head + f"none of {len(values)} figures is too far above it ({LIMITS})"]
        return lines + (table(found) if found else []), True
    names = ", ".join(change.name for change in failing)
    return [head + f"these are too far above it ({LIMITS}), or gone: {names}", *table(found),
            f"If it has to be so, {renew} makes these figures the baseline"], False
