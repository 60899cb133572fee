"""Fills servers.md with a table: which programs which board's manifest has."""

import glob
import os
from types import SimpleNamespace

import placeholder
from placeholder import TOP

from resea import manifest
from resea.components import SERVER, Library

# Boards that run somewhere; the null port's manifest is there to be copied.
LEFT_OUT = {"example"}


def setup(app):
    """Called by Sphinx."""
    return placeholder.fill(app, "servers", "<!-- servers -->",
                            lambda: sorted(TOP.glob("boards/*/board.toml")), lambda: markdown(TOP))


def markdown(top):
    """A table for each folder of servers."""
    library = components(top)
    boards = {name: manifest.load(name, lambda board: library.boards()[board])
              for name in library.boards() if name not in LEFT_OUT}
    groups = {}
    for name, folder in library.servers().items():
        groups.setdefault(group_of(folder.relative_to(top / "servers")), []).append(name)
    return "\n".join(line for group in sorted(groups)
                     for line in table(group, sorted(groups[group]), boards, library))


def components(top):
    """The tree's components, whose SConscripts are run without SCons."""
    library = Library(top, [], None)
    env = SimpleNamespace(ReseaServer=lambda **values: library.declare(SERVER, values))
    library.set_reader(lambda path: exec(compile(path.read_text(), str(path), "exec"),
                                         {"env": env, "Import": lambda name: None,
                                          "Glob": finder(path.parent)}))
    return library


def finder(folder):
    """What SCons' Glob(pattern, strings=True) is in a SConscript of that folder."""
    def find(pattern, strings):
        assert strings
        return sorted(os.path.relpath(path, folder) for path in glob.glob(str(folder / pattern)))
    return find


def group_of(path):
    """servers/vm belongs to "servers", servers/drivers/blk/ide to "servers/drivers/blk"."""
    return "/".join(["servers", *path.parts[:-1]])


def table(group, names, boards, library):
    """One folder: its programs, and what each board does with them."""
    yield f"## {group}\n"
    yield "| program | what it is | " + " | ".join(boards) + " |"
    yield "| --- | --- | " + " | ".join("---" for _ in boards) + " |"
    for name in names:
        description = library.server(name, ValueError).description
        uses = " | ".join(use(board, name) for board in boards.values())
        yield f"| `{name}` | {description} | {uses} |"
    yield ""


def use(board, name):
    """What becomes of a program on a board."""
    if name == "vm" or any(server.name == name and server.autostart for server in board.servers):
        return "at boot"
    return "on demand" if name in board.programs() else ""
