"""Finds servers, libraries and parts of the kernel, and takes in what their SConscripts say.

A SConscript says what a component is; where objects go and how they are compiled is the build's.
Only the SConscripts of what a board uses are read.
"""

import inspect
import os
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from resea.errors import UserError, hint, unknown

SERVER, LIBRARY, KERNEL = "server", "library", "kernel"
_COMMON_KEYS = {"sources", "sources_for", "libs", "unittests", "unittest_sources"}
_FUZZER_KEYS = {"fuzzer", "fuzzer_sources", "fuzzer_plain", "fuzzer_guided"}
_KEYS = {
    SERVER: _COMMON_KEYS | _FUZZER_KEYS | {"name", "description"},
    LIBRARY: _COMMON_KEYS | _FUZZER_KEYS | {"name", "description"},
    KERNEL: _COMMON_KEYS | _FUZZER_KEYS | {"unittests_nommu"},
}
_CALLS = {SERVER: "ReseaServer", LIBRARY: "ReseaLibrary", KERNEL: "ReseaKernelPart"}
_TEXT_KEYS = {"name", "description"}


@dataclass
class Component:
    """What one SConscript declares. Sources are names within `folder`; `sources_for` has those that
    only some boards build, by the architecture's name, or by what it has: see sources_on()."""

    kind: str
    name: str
    folder: Path
    where: str
    sources: list
    libs: list = field(default_factory=list)
    description: str = ""
    sources_for: dict = field(default_factory=dict)
    unittests: list = field(default_factory=list)
    unittest_sources: list = None
    unittests_nommu: list = field(default_factory=list)
    fuzzer: list = field(default_factory=list)
    fuzzer_sources: list = None
    fuzzer_plain: list = field(default_factory=list)
    fuzzer_guided: list = field(default_factory=list)
    external: bool = False

    def sources_on(self, arch):
        """What is built of it on an architecture, an arch.Arch."""
        kinds = ("mmu" if arch.mmu else "nommu", "ports" if arch.ports else "noports", arch.name)
        return self.sources + [source for kind in kinds
                               for source in self.sources_for.get(kind, [])]


class Library:
    """All components of the tree and of external folders, read when they are asked for.

    `read` runs a SConscript: a function of a path, which calls `declare`.
    """

    def __init__(self, top, external, read):
        self.top = top
        self.roots = [top] + list(external)
        self._read = read
        self._declared = None
        self._cache = {}
        self._folders = {}

    def set_reader(self, read):
        self._read = read

    # What exists.

    def boards(self):
        """Names of the boards, mapped to their folders."""
        return self._once("boards", lambda root: _children(root / "boards", "board.toml"))

    def servers(self):
        return self._once("servers", lambda root: _find_deep(root / "servers"))

    def libs(self):
        return self._once("libs", lambda root: _children(root / "libs", "SConscript"))

    def _once(self, what, find):
        if what not in self._folders:
            self._folders[what] = self._collect(what, find)
        return self._folders[what]

    def _collect(self, what, find):
        found = {}
        for root in self.roots:
            for folder in find(root):
                other = found.setdefault(folder.name, folder)
                if other != folder:
                    raise UserError(folder, f"another folder of this name is in {other.parent}: "
                                            f"names of {what} are unique")
        return found

    # What a component is.

    def server(self, name, error):
        """The server `name`; `error(what)` makes the exception if there is none."""
        if name not in self.servers():
            raise error(unknown("server", name, self.servers()))
        return self._component(self.servers()[name], SERVER, name)

    def lib(self, name, error):
        if name not in self.libs():
            raise error(unknown("library", name, self.libs()))
        return self._component(self.libs()[name], LIBRARY, name)

    def special_lib(self, folder, name):
        """A library that is not in libs/: the user's half of an architecture."""
        return self._component(folder, LIBRARY, name)

    def kernel_part(self, folder):
        return self._component(folder, KERNEL, self.shown(folder))

    def with_libs(self, component, implied=()):
        """The libraries that a component needs, each before those that it needs itself."""
        order = []

        def visit(name, user):
            if name in trail:
                raise UserError(user.where, "libraries need each other: "
                                + " -> ".join(trail[trail.index(name):] + [name]))
            lib = self.lib(name, lambda what: UserError(user.where, f"libs: {what}"))
            trail.append(name)
            for need in lib.libs:
                visit(need, lib)
            trail.pop()
            if lib not in order:
                order.append(lib)

        trail = []
        for name in [n for n in implied if n not in component.libs] + component.libs:
            visit(name, component)
        return order[::-1]

    def shown(self, path):
        """A path as messages and outputs name it."""
        try:
            return str(Path(path).relative_to(self.top))
        except ValueError:
            return str(path)

    def is_external(self, folder):
        return any(root in folder.parents for root in self.roots[1:])

    def _component(self, folder, kind, name):
        if folder not in self._cache:
            self._cache[folder] = self._read_component(folder, kind, name)
        return self._cache[folder]

    def _read_component(self, folder, kind, name):
        path = folder / "SConscript"
        if not path.is_file():
            raise UserError(self.shown(path), "the file is missing; it says what to build here")
        self._declared = []
        self._run(path)
        declared = [c for c in self._declared if c.folder == folder]
        if len(declared) != 1 or declared[0].kind != kind:
            raise UserError(self.shown(path), f"must call env.{_CALLS[kind]} once, and nothing "
                                              "else of its kind")
        component = declared[0]
        if kind != KERNEL and component.name != name:
            raise UserError(component.where, f"name: is '{component.name}', but must be '{name}' "
                                             "like its folder")
        component.name = name
        return component

    def _run(self, path):
        """Runs a SConscript; a mistake in its Python is a user's mistake like any other."""
        shown = self.shown(path)
        try:
            self._read(path)
        except SyntaxError as e:
            raise UserError(f"{shown}:{e.lineno}", f"not valid Python: {e.msg}") from e
        except AttributeError as e:
            name = getattr(e, "name", None) or str(e).split("'")[-2]
            raise UserError(f"{shown}:{_line_in(e, path)}", unknown(
                "function", f"env.{name}", [f"env.{call}" for call in _CALLS.values()])) from e
        except (NameError, TypeError, ValueError, ImportError) as e:
            raise UserError(f"{shown}:{_line_in(e, path)}", str(e)) from e

    def declare(self, kind, values):
        """Called through env.ReseaServer and its sisters."""
        script, line = _caller()
        where = f"{self.shown(script)}:{line}"
        _check(kind, values, where)
        folder = Path(script).parent
        component = Component(kind=kind, folder=folder, where=where,
                              external=self.is_external(folder), **{"name": "", **values})
        for key in ("sources", "unittests", "unittest_sources", "unittests_nommu", "fuzzer",
                    "fuzzer_sources", "fuzzer_plain", "fuzzer_guided"):
            for source in getattr(component, key) or ():
                _check_source(component, key, source)
        for kind_of_arch, sources in component.sources_for.items():
            for source in sources:
                _check_source(component, f"sources_for, {kind_of_arch}", source)
        self._declared.append(component)


def _children(folder, marker):
    return sorted(p.parent for p in folder.glob(f"*/{marker}"))


def _find_deep(folder):
    found = []
    for path, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        if "SConscript" in files:
            found.append(Path(path))
            folders.clear()  # what is below belongs to this server
    return found


def _caller():
    """File and line of the call in the SConscript that is being read."""
    frame = inspect.currentframe()
    while frame and os.path.basename(frame.f_code.co_filename) != "SConscript":
        frame = frame.f_back
    return os.path.abspath(frame.f_code.co_filename), frame.f_lineno


def _line_in(exception, path):
    """The line of a SConscript in which an exception came up."""
    lines = [frame.lineno for frame in traceback.extract_tb(exception.__traceback__)
             if os.path.abspath(frame.filename) == str(path)]
    return lines[-1] if lines else 1


def _check(kind, values, where):
    for key, value in values.items():
        if key not in _KEYS[kind]:
            raise UserError(where, f"{key}: {_CALLS[kind]} has no such argument"
                            + hint(key, _KEYS[kind]))
        if key in _TEXT_KEYS:
            if not isinstance(value, str):
                raise UserError(where, f"{key}: expects a string")
        elif key == "sources_for":
            _check_sources_for(value, where)
        elif not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise UserError(where, f"{key}: expects a list of strings")
    for key in ("name", "sources"):
        if key in _KEYS[kind] and key not in values:
            raise UserError(where, f"{_CALLS[kind]} needs the argument '{key}'")


def _check_sources_for(value, where):
    """The names of architectures can't be checked: an external board may bring its own."""
    if not isinstance(value, dict) or not all(
            isinstance(key, str) and isinstance(files, list)
            and all(isinstance(file, str) for file in files) for key, files in value.items()):
        raise UserError(where, "sources_for: expects a dict of lists of strings, by the "
                               "architecture's name, \"mmu\", \"nommu\", \"ports\" or "
                               "\"noports\"")


def _check_source(component, key, source):
    if not (component.folder / source).is_file():
        there = [str(p.relative_to(component.folder)) for suffix in ("c", "S")
                 for p in component.folder.rglob(f"*.{suffix}")]
        raise UserError(component.where, f"{key}: there is no file '{source}'"
                        + hint(source, there))
