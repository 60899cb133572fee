"""How long the kernel keeps interrupts off at most, by system call: the metric `latency.max`.

The integrated tests and the benchmark run once more, watched by a plugin of the emulator's
(tests/benchmarks/latency.c), which counts what the kernel executes from each trap until it is over.
The kernel is the one that ships: nothing in it is instrumented.
"""

import re
import subprocess
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile

from resea import qemu
from resea.errors import UserError

SOURCE = "tests/benchmarks/latency.c"
PREFIX = "latency.max"

# What makes each system call, with its errors and its longest ways, and all kinds of faults.
PROGRAMS = ("benchmark", "test")

# And commands of the shell, for what takes its rights: those of the kernel debugger.
COMMANDS = tuple(f"kdebug {name}" for name in
                 ("help", "ps", "deadlock", "mem", "irq", "ipc", "cpu", "bt"))

# Seconds; a run takes well under one minute of an idle machine.
LIMIT = 600

# Where the kernel leaves to a program, and where interrupts are on, or end a wait although they are
# off.
_OTHER_KINDS = {"arch_resume": "exit", "arch_idle": "idle", "idle_thread": "idle"}

# What isn't a system call, by the function that is called for it.
_TRAPS = {"kernel_page_fault": "page_fault", "kernel_exception": "exception",
          "kernel_irq": "irq", "kernel_timer": "timer", "kernel_ipi": "ipi"}

_HANDLER = re.compile(r"(?:do|light)_(\w+)")

# The ways of SYS_IPC, the short ones among them.
_IPC = ("ipc_syscall", "fastpath_call", "fastpath_serve")
_VERSION = re.compile(r"version (\d+)\.(\d+)")


@dataclass(frozen=True)
class Path:
    """The longest of all ways through the kernel that began in one system call, or kind of trap.
    `detail` has the functions that most of its instructions are in, as text."""

    name: str
    instructions: int
    times: int
    detail: str


# ---- The kernel's functions ---------------------------------------------------------------------


def kind_of(name, entries):
    """What a function of the kernel is to the plugin: a kind, and the name to print for it."""
    if name in entries:
        return "entry", name
    if name in _OTHER_KINDS:
        return _OTHER_KINDS[name], name
    if name in _TRAPS:
        return "path", _TRAPS[name]
    if name in _IPC:
        return "path", "ipc"
    handler = _HANDLER.fullmatch(name)
    return ("path", handler[1]) if handler else ("-", name)


def map_of(symbols, end, entries):
    """The plugin's map, from {address: name} of functions and where the last one ends."""
    missing = sorted(set(entries) - set(symbols.values()))
    if missing:
        raise UserError("arch.toml", f"entries: the kernel has no function {', '.join(missing)}")
    lines = [f"{address:x} {' '.join(kind_of(name, entries))}"
             for address, name in sorted(symbols.items()) if address < end]
    return "\n".join([*lines, f"{end:x} - end"]) + "\n"


def read_symbols(path):
    """The functions in the kernel's code, {address: name}, and the end of the code."""
    with open(path, "rb") as file:
        symbols = [(symbol.name.split(".")[0], symbol["st_value"], symbol["st_info"]["type"])
                   for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols()]
    limits = {name: value for name, value, _ in symbols if name in ("__text", "__text_end")}
    start, end = limits["__text"], limits["__text_end"]
    # Thumb functions have an odd address. Labels are functions of assembly that doesn't say so.
    found = {value & ~1: name for name, value, kind in symbols
             if name and name[0] != "$" and kind == "STT_NOTYPE" and start <= value < end}
    found.update({value & ~1: name for name, value, kind in symbols
                  if kind == "STT_FUNC" and start <= value < end})
    return found, end


# ---- The plugin ---------------------------------------------------------------------------------


def plugin_version(text):
    """The version of the plugin interface that a QEMU has, from what its --version prints."""
    match = _VERSION.search(text)
    if not match:
        raise UserError("QEMU", "--version tells no version")
    version = int(match[1]), int(match[2])
    return 1 + sum(version >= step for step in ((9, 0), (9, 1), (9, 2)))


def build_plugin(top, program, path):
    """Compiles the plugin for a QEMU."""
    text = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    subprocess.run(["clang", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC",
                    f"-DPLUGIN_VERSION={plugin_version(text)}", "-o", str(path),
                    str(top / SOURCE)], check=True)


def parse(text):
    """The Paths in the plugin's output: one for each name."""
    longest = {}
    for line in text.splitlines():
        name, instructions, times, *detail = line.split(" ", 3)
        path = Path(name, int(instructions), int(times), "".join(detail))
        if name not in longest or path.instructions > longest[name].instructions:
            longest[name] = path
    return list(longest.values())


def figures(paths):
    """latency.max, and latency.max.NAME of each kind of path, as the benchmark's figures are."""
    longest = max(path.instructions for path in paths)
    found = {PREFIX: (longest, "instructions")}
    for path in sorted(paths, key=lambda path: path.name):
        found[f"{PREFIX}.{path.name}"] = (path.instructions, "instructions")
    return found


def describe(paths):
    """A table for people: the longest paths and where they spend their time."""
    return [f"{path.name:<16} {path.instructions:>9} {path.times:>9}  {path.detail}"
            for path in sorted(paths, key=lambda path: -path.instructions)]


def measure(build):
    """Runs the programs under the plugin. Returns the Paths; the table is in the logs."""
    machine = qemu.machine_of(build.manifest, build.arch.qemu)
    folder, log = build.folder / "latency", build.logs / "latency.log"
    folder.mkdir(parents=True, exist_ok=True)
    plugin, map_file, out = folder / "latency.so", folder / "map", folder / "paths"
    build_plugin(build.top, machine.program, plugin)
    map_file.write_text(map_of(*read_symbols(build.elf), build.arch.entries))
    commands = [name for name in PROGRAMS if name in build.manifest.programs()]
    if build.config.value("KDEBUG_COMMANDS"):
        commands += COMMANDS
    words = qemu.command(machine, qemu.Setup(
        cpus=1, icount=True, cmdline=f'run="{";".join(commands)}"',
        extra=("-plugin", ",".join(map(qemu.escape, (str(plugin), f"map={map_file}",
                                                     f"out={out}"))))), build.image)
    qemu.run_to_end(words, log, LIMIT)
    paths = parse(out.read_text(encoding="utf-8"))
    if not paths:
        raise UserError(str(log), "the plugin has seen no way through the kernel")
    (build.logs / "latency.txt").write_text("\n".join(describe(paths)) + "\n")
    return paths
