"""The commands of the front door: `scons board=x64 run` and all the others.

A module in resea/tools/ plugs one in:

    from resea.commands import Option, command

    @command("run", "boots the board in QEMU; Ctrl-A X leaves", needs=["image"],
             options=[Option("gui", "0|1", "opens a window")])
    def run(ctx):
        return subprocess.call([..., ctx.build.image])     # the exit status; None is 0

`needs` says what is up to date when the function starts:

    (nothing)     no board is read
    "config"      manifest, options and SConscripts of the board are read: ctx.build
    "image"       the board is built, too
    "unittests"   the native test programs are built: ctx.unittests, a list of (name, Path)
    "fuzzers"     the fuzzers that the option `what` asks for are built: unittests.fuzzer() and
                  guided_fuzzer() name them

What depends on an option is a function of the options that returns such a list.

`ctx` is a context.Context. With board=all, scons runs once for each board; a command that isn't
for all of them says by `suits` for which, and its `finish` comes at the end. Modules are imported
for every build, so that their names and help are known: they import what is slow inside functions.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Callable

NEEDS = ("config", "image", "unittests", "fuzzers")


@dataclass
class Option:
    """NAME=VALUE on the command line. `values`: "a|b" are the only valid ones, anything in capital
    letters is free text for the help."""

    name: str
    values: str
    help: str

    def choices(self):
        """The valid values, or None if any text is."""
        if "|" in self.values and self.values == self.values.lower() and ":" not in self.values:
            return self.values.split("|")
        return None


@dataclass
class Command:
    name: str
    help: str
    needs: object
    options: tuple
    function: Callable
    default_board: str
    default_mode: str
    suits: Callable = None
    finish: Callable = None

    def needs_with(self, options):
        """What has to be up to date, the command line being `options`."""
        needs = self.needs(options) if callable(self.needs) else self.needs
        for need in needs:
            assert need in NEEDS, f"{self.name}: needs {need}?"
        return tuple(needs)


_registry = {}


def command(name, help, needs=(), options=(), default_board="x64", default_mode="debug",
            suits=None, finish=None):
    """Registers the decorated function as the command `name`.

    `default_board` is meant if the command line has no board=: a board's name or "all";
    `default_mode` if it has no build=. suits(matrix.Board) tells whether board=all means it, too;
    finish(top, names of the boards) comes after the last one.
    """
    def register(function):
        _registry[name] = Command(name, help, needs, tuple(options), function,
                                  default_board, default_mode, suits, finish)
        return function
    return register


def load():
    """Imports all of resea/tools and gives the commands by name."""
    from resea import tools
    for module in pkgutil.iter_modules(tools.__path__):
        importlib.import_module(f"resea.tools.{module.name}")
    return dict(sorted(_registry.items()))
