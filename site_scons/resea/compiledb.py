"""compile_commands.json: what editors, clang-tidy and sparse know about each C file."""

import json
import shlex

from resea.errors import UserError

# As in environment.py, without what is only for the terminal.
_TEMPLATE = "$CC $CCFLAGS $_CPPINCFLAGS -c -o $TARGET $SOURCE"
# GCC's options that clang's tools refuse: they can't reserve each register, nor do they do each
# optimisation.
_GCC_ONLY = ("-ffixed-", "-fno-if-conversion", "-fno-move-loop-invariants", "-fno-tree-loop-im")


def entry(top, source, words):
    """One file's entry. Paths in `words` are relative to the tree, which is also where we run."""
    return {"directory": str(top), "file": str(source), "arguments": words}


def command_of(node):
    """The words of the command that compiles an object, from SCons' node of it."""
    # SCons forgets how it made what is up to date, unless asked anew.
    node.reset_executor()
    executor = node.get_executor()
    env = executor.get_build_env()
    words = shlex.split(env.subst(_TEMPLATE, target=executor.get_all_targets(),
                                  source=executor.get_all_sources()))
    return [word for word in words if not word.startswith(_GCC_ONLY)]


def entries(build):
    """The entries of a build's C files; each file once, although libraries are built twice."""
    found = {}
    for source, node in build.compile_units:
        if source.suffix == ".c":
            found.setdefault(source, entry(build.top, source, command_of(node)))
    return [found[source] for source in sorted(found)]


def write(build, folder):
    """Writes the file into a folder; returns the entries."""
    listed = entries(build)
    path = folder / "compile_commands.json"
    path.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    return listed


def sources(folder):
    """The files that a build has, as `write` has left them in its folder."""
    path = folder / "compile_commands.json"
    if not path.is_file():
        raise UserError(str(path), "the file is missing; `scons check` of that board writes it")
    return {entry["file"] for entry in json.loads(path.read_text(encoding="utf-8"))}
