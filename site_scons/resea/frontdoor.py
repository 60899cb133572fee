"""What SConstruct does: reads the command line, then the asked board, then adds what to build."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import SCons.SConsign
from SCons.Script import (Alias, AlwaysBuild, Clean, Default, Environment, GetOption,
                          Help, SConscript, SConsignFile, SetOption)

from resea import commands, options, output, packages
from resea.components import KERNEL, LIBRARY, SERVER, Library
from resea.context import Context
from resea.errors import UserError, unknown

_USAGE_ERROR = 2


def main(arguments, targets):
    """The whole of a run, up to the point where SCons starts to build."""
    try:
        _run(arguments, targets)
    except UserError as e:
        output.error(e)
        sys.exit(_USAGE_ERROR)


def _run(arguments, targets):
    top = Path.cwd()
    known = commands.load()
    parsed = options.parse(arguments, known, cwd=os.environ.get("PWD", "."))
    options.check_targets([t for t in targets if "/" not in t], known)
    library = _library(top, parsed)
    if GetOption("help"):
        return Help(options.help_text(known, library.boards()))
    _tune()
    asked = [known[t] for t in targets if t in known]
    if asked and "build" not in arguments:
        parsed.mode = asked[0].default_mode
    context = Context(top, parsed, library, targets)
    boards = _boards(parsed, library, asked)
    _check_tools(asked, boards, parsed)
    if len(boards) > 1:
        return _each_board(boards, top, asked)
    if boards:
        _add_board(context, boards[0], asked)
    else:
        SConsignFile(str(_made(top / "build") / ".sconsign"))
    for entry in asked:
        _add_command(context, entry)


def _check_tools(asked, boards, parsed):
    """Says at once what a command lacks. `doctor` lacks nothing: it tells of all the rest."""
    flags = tuple(name for name, value in parsed.extra.items() if value == "1")
    board = boards[0] if len(boards) == 1 else "all"
    for name in [entry.name for entry in asked] or [packages.DEFAULT_COMMAND]:
        packages.require(name, board, flags)


def _tune():
    SetOption("num_jobs", os.cpu_count() or 1)
    SetOption("no_progress", True)
    # Contents decide, but a file is only hashed again if its time has changed: the drift says how
    # young a file must be for its time not to be trusted. Decider("content-timestamp") promises
    # the same, but with it SCons 4.4 misses changes of files that are built themselves.
    SetOption("max_drift", 2)


def _library(top, parsed):
    """The components, with a reader that runs SConscripts in SCons."""
    library = Library(top, parsed.external, None)
    env = Environment(tools=[], ENV={"PATH": os.environ.get("PATH", "")})
    for name, kind in (("ReseaServer", SERVER), ("ReseaLibrary", LIBRARY),
                       ("ReseaKernelPart", KERNEL)):
        env.AddMethod(lambda env, kind=kind, **values: library.declare(kind, values), name)
    library.set_reader(lambda path: SConscript(str(path), exports={"env": env}))
    return library


def _boards(parsed, library, asked):
    """The boards that this run is about; none if only commands are asked that need none."""
    if asked and not any(entry.needs_with(parsed) for entry in asked):
        return []
    default = asked[0].default_board if asked else options.DEFAULT_BOARD
    name = parsed.board or default
    if name == "all":
        return _all_boards(parsed, library, asked)
    if name not in library.boards():
        raise UserError(options.WHERE, "board=" + name + ": "
                        + unknown("board", name, list(library.boards()) + ["all"]))
    return [name]


def _all_boards(parsed, library, asked):
    """The boards that board=all means: those that suit all commands."""
    conditions = [entry.suits for entry in asked if entry.suits]
    if not conditions:
        return sorted(library.boards())
    from resea import matrix
    return sorted(name for name, board in matrix.load(Path.cwd(), parsed.external).items()
                  if all(suits(board) for suits in conditions))


def _each_board(boards, top, asked):
    """board=all: a run of scons for each, because each build folder has its own database."""
    arguments = [a for a in sys.argv[1:] if not a.startswith("board=")]
    seconds, failed = {}, []
    for board in boards:
        print(f"board={board}", flush=True)
        started = time.monotonic()
        if subprocess.call([sys.executable, sys.argv[0], f"board={board}", *arguments], cwd=top):
            failed.append(board)
        seconds[board] = time.monotonic() - started
    print("\n".join(f"{board + ':':<{max(map(len, boards)) + 1}} "
                    f"{'failed' if board in failed else 'good'} ({seconds[board]:.0f} s)"
                    for board in boards), flush=True)
    for entry in asked:
        if entry.finish:
            entry.finish(top, boards)
    if failed:
        output.error("failed: " + ", ".join(failed))
    sys.exit(1 if failed else 0)


def _add_board(context, board, asked):
    # Imported only here: what it needs may be missing, which _check_tools has told by now.
    from resea.build import Build
    from resea.graph import Graph
    build = Build(context.top, context.options, context.library, board)
    _made(build.folder)
    _lock(build.folder)
    SConsignFile(str(build.folder / ".sconsign"))
    build.configure(repair_config=any(entry.name == "menuconfig" for entry in asked))
    context.build = build
    needs = {need for entry in asked for need in entry.needs_with(context.options)}
    if not asked or "image" in needs or GetOption("clean"):
        context.nodes["image"] = Graph(build).add()
        everything = Alias(build.folder.name, context.nodes["image"])
        Default(everything)
        # What is written while reading, which SCons does not know. Not on each node: Clean joins
        # the lists of a node that it is given twice, and doubles them each time.
        Clean(everything, [str(build.include), str(build.folder / "manifest.bin"),
                           str(build.folder / "Kconfig"), str(build.logs)])
    if "unittests" in needs:
        from resea import unittests
        context.nodes["unittests"] = unittests.add_nodes(context)
    if "fuzzers" in needs:
        from resea import fuzzing, unittests
        asked_for = fuzzing.components(context.options.get("what"))
        context.nodes["fuzzers"] = unittests.add_fuzzers(context, asked_for)


def _add_command(context, entry):
    env = Environment(tools=[])

    def run(target, source, env):
        _unlock()
        try:
            return entry.function(context) or 0
        except UserError as e:
            output.error(e)
            return _USAGE_ERROR
        except KeyboardInterrupt:
            return 130

    nodes = [node for need in entry.needs_with(context.options)
             for node in context.nodes.get(need, [])]
    AlwaysBuild(env.Alias(entry.name, nodes, env.Action(run, None)))


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


_locks = []


def _lock(folder):
    """Two runs of scons must not write one folder at the same time: the second one waits."""
    file = open(folder / ".lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"waiting for another scons that builds in {folder}", flush=True)
        fcntl.flock(file, fcntl.LOCK_EX)
    _locks.append(file)


def _unlock():
    """A command can take long, and may run scons itself. All that it needs is built, so what SCons
    knows is saved now, and not again at the end, over what others have saved by then."""
    SCons.SConsign.write()
    SCons.SConsign.sig_files.clear()
    for file in _locks:
        file.close()
    _locks.clear()
