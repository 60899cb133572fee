"""What each command needs: reads packages.ini for bootstrap, doctor and the commands themselves.

Uses the standard library only, and nothing newer than Python 3.8: bootstrap runs it on machines
where nothing is installed yet.
"""

import configparser
import glob
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass, field
from typing import Dict, List, Tuple

from resea.errors import UserError

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages.ini")

# Targets that need no more than SCons itself.
DEFAULT_COMMAND = "build"


@dataclass(frozen=True)
class Tool:
    """Something a command needs, and the packages that bring it."""

    name: str
    use: str = ""
    programs: Tuple[str, ...] = ()
    modules: Tuple[str, ...] = ()
    files: Tuple[str, ...] = ()
    debian: Tuple[str, ...] = ()
    homebrew: Tuple[str, ...] = ()
    pip: Tuple[str, ...] = ()
    platform: Tuple[str, ...] = ()

    def missing(self) -> List[str]:
        """Which of its parts this machine lacks; empty if the tool is all there, or if machines of
        this kind do without it."""
        if self.platform and sys.platform not in self.platform:
            return []
        lacking = [p for p in self.programs if not find_program(p)]
        lacking += ["Python module " + m for m in self.modules if not has_module(m)]
        if self.files and not any(glob.glob(pattern) for pattern in self.files):
            lacking.append(self.files[0])
        return lacking

    def packages(self, system: str) -> Tuple[str, ...]:
        """Its packages on "debian", or as Homebrew ("homebrew") names them."""
        return getattr(self, system)


@dataclass
class Request:
    """What a `scons …` command line asks for, as far as tools are concerned."""

    commands: List[str] = field(default_factory=list)
    board: str = "all"
    options: List[str] = field(default_factory=list)


class Catalog:
    """packages.ini, resolved by name."""

    def __init__(self, path: str = DATA):
        parser = configparser.ConfigParser(interpolation=None)
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
        self.sections = {}
        for title in parser.sections():
            kind, _, name = title.partition(" ")
            self.sections.setdefault(kind, {})[name] = parser[title]
        self.tools: Dict[str, Tool] = {
            name: read_tool(name, section) for name, section in self.sections["tool"].items()}

    def boards(self) -> List[str]:
        """The boards with tools of their own."""
        return list(self.sections["board"])

    def tools_for(self, request: Request) -> List[Tool]:
        """The tools a request takes, each once, in the order of packages.ini."""
        names = set()
        for command in request.commands or [DEFAULT_COMMAND]:
            names |= self.command_tools(command, request.board)
        for option in request.options:
            names |= set(words(self.sections["option"].get(option), "tools"))
        return [tool for name, tool in self.tools.items() if name in names]

    def command_tools(self, command: str, board: str) -> set:
        """Names of the tools of one command on one board ("all": on any of them)."""
        section = self.sections["command"].get(command)
        if section is None:
            # A file or an alias of the build: whatever a build takes.
            section = self.sections["command"][DEFAULT_COMMAND]
        names = set(words(section, "tools"))
        names |= self.board_tools(board, words(section, "board"))
        if "like" in section:
            names |= self.command_tools(section["like"], board)
        return names

    def board_tools(self, board: str, keys: Tuple[str, ...]) -> set:
        """Names of a board's tools of some kinds: those that building for it takes ("tools"), its
        "emulator", "debugger", "flasher". A board from outside the tree may need any of them."""
        boards = [board] if board in self.boards() else self.boards()
        return {tool for name in boards for key in keys
                for tool in words(self.sections["board"].get(name), key)}

    def tools_of_program(self, program: str) -> List[Tool]:
        """The tools that bring a program, for `./bootstrap PROGRAM …`."""
        return [tool for tool in self.tools.values()
                if program in tool.programs or program in tool.modules]


def words(section, key: str) -> Tuple[str, ...]:
    """The words of a key's value; none if the section or the key isn't there."""
    value = section.get(key, "") if section is not None else ""
    return tuple(word for word in value.split() if word != "-")


def read_tool(name: str, section) -> Tool:
    """One [tool …] section."""
    lists = {key: words(section, key) for key in section if key != "use"}
    return Tool(name=name, use=section.get("use", ""), **lists)


def has_module(name: str) -> bool:
    """Whether this very Python, which is also the one SCons runs on, can import a module."""
    return importlib.util.find_spec(name) is not None


def find_program(name: str) -> str:
    """A program's path, or "" if there is none. Administrators' programs count (mkfs, …)."""
    path = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin:/sbin"
    return shutil.which(name, path=path) or ""


def parse_scons_arguments(arguments: List[str]) -> Request:
    """Reads the part of SCons' command line that decides which tools are needed."""
    request = Request()
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if argument.startswith("-"):
            continue
        if not equals:
            request.commands.append(argument)
        elif key == "board":
            request.board = value
        elif value not in ("0", ""):
            request.options.append(key)
    return request


def host_system() -> str:
    """The packaging system whose names to give: "debian", "homebrew", or "" if it's neither."""
    if shutil.which("apt-get"):
        return "debian"
    return "homebrew" if sys.platform == "darwin" or shutil.which("brew") else ""


def package_names(tools: List[Tool], system: str) -> List[str]:
    """The packages of some tools, each once."""
    return list(dict.fromkeys(name for tool in tools for name in tool.packages(system)))


def install_advice(tools: List[Tool], system: str) -> str:
    """The names to install, in words: "grub-pc-bin and xorriso"."""
    names = package_names(tools, system or "debian")
    if system == "homebrew":
        names += ["pip's " + name for tool in tools for name in tool.pip]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def require(command: str, board: str, options: Tuple[str, ...] = (), catalog: Catalog = None):
    """Raises UserError, naming all that is missing, unless `command` can run here."""
    request = Request(commands=[command], board=board, options=list(options))
    lacking = [(tool, tool.missing()) for tool in (catalog or Catalog()).tools_for(request)]
    lacking = [(tool, parts) for tool, parts in lacking if parts]
    if lacking:
        where = "scons" if command == DEFAULT_COMMAND else f"scons {command}"
        raise UserError(where, missing_text(command, board, lacking, host_system()))


def missing_text(command: str, board: str, lacking, system: str) -> str:
    """One line: what is missing, and the two ways to get it."""
    parts = [part for _, parts in lacking for part in parts]
    verb = "is" if len(parts) == 1 else "are"
    words = ["./bootstrap", "scons"]
    words += [f"board={board}"] if board != "all" else []
    words += [command] if command != DEFAULT_COMMAND else []
    advice = install_advice([tool for tool, _ in lacking], system)
    return (f"{', '.join(parts)} {verb} missing; "
            f"run {' '.join(words)}, or install {advice}")
