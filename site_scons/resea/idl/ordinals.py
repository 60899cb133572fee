"""Gives interfaces and messages their numbers, which are part of the ABI.

A number is explicit (`@ordinal(N)`) or stands in a lock file that is committed, so that adding or
removing a file never changes another's number. A line of a lock file is `interface NUMBER` or
`interface.message NUMBER`; lines of what has gone stay, so that no number gets a second meaning.

Files from outside the tree get interface numbers from EXTERNAL_FIRST up. Without a lock file of
their own they are numbered in the order of their names, messages in the order of the source: they
are built together with all who use them.
"""

from dataclasses import dataclass, field
from pathlib import Path

from .errors import Diagnostics, IdlError, Location
from .model import GLOBAL

GLOBAL_NUMBER = 0
TREE_FIRST, EXTERNAL_FIRST, INTERFACE_END = 1, 512, 1024
# Not 0: the type of an empty message of interface 0 would be 0, which is OK.
MESSAGE_LIMITS = (1, 256)

_HEADER = """\
# The numbers of the interfaces and messages in the .idl files beside this one. They are part of the
# ABI: lines are only ever added, by `scons idl_lock`. Lines of removed messages stay.
"""


@dataclass
class Lock:
    """The contents of a lock file, or, without a path, an empty one that is made up in memory."""

    path: Path | None = None
    numbers: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def read(path: Path) -> "Lock":
        lock = Lock(path)
        if not path.exists():
            return lock
        problems: list[str] = []
        owners: dict[tuple[str, int], str] = {}
        for index, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                problem = lock._add_line(line, owners)
                if problem:
                    problems.append(f"{path}:{index}: error: {problem}\n    {line}")
        if problems:
            raise IdlError(problems)
        return lock

    def _add_line(self, line: str, owners: dict[tuple[str, int], str]) -> str | None:
        words = line.split()
        if len(words) != 2 or not words[1].isdigit():
            return "expected 'interface NUMBER' or 'interface.message NUMBER'"
        name, number = words[0], int(words[1])
        interface, _, message = name.partition(".")
        scope = interface if message else ""
        if name in self.numbers:
            return f"'{name}' has a number already, {self.numbers[name]}"
        if (scope, number) in owners:
            return f"{number} is the number of '{owners[scope, number]}' already"
        first, end = MESSAGE_LIMITS if message else (TREE_FIRST, INTERFACE_END)
        if not first <= number < end:
            return f"the number is not one of {first} to {end - 1}"
        owners[scope, number] = name
        self.numbers[name] = number
        return None

    def text(self) -> str:
        def key(name: str):
            interface, _, message = name.partition(".")
            return (self.numbers.get(interface, 0), interface, bool(message), self.numbers[name])

        lines = [f"{name} {self.numbers[name]}\n" for name in sorted(self.numbers, key=key)]
        return _HEADER + "".join(lines)


@dataclass(frozen=True)
class Request:
    """Something that wants a number: a namespace, or a message of the interface `scope`."""

    name: str                # as the lock file has it
    scope: str               # "" for interfaces
    location: Location
    explicit: int | None
    explicit_location: Location | None


class Allocator:
    def __init__(self, lock: Lock, diagnostics: Diagnostics, update: bool, external: bool):
        self.lock = lock
        self.diagnostics = diagnostics
        self.external = external
        self.may_allocate = update or lock.path is None

    def assign(self, requests: list[Request], limits: tuple[int, int]) -> dict[str, int]:
        """Numbers for all names of one scope."""
        numbers = self._explicit(requests, limits)
        scope = requests[0].scope if requests else ""
        used = {*numbers.values(), *self._locked(scope)}
        for request in requests:
            if request.name in numbers or request.explicit is not None:
                continue
            number = self.lock.numbers.get(request.name)
            if number is None:
                number = self._allocate(request, used, limits)
            elif not self._in_range(number, limits):
                self.diagnostics.error(request.location, self._range_text(request, number, limits))
            numbers[request.name] = number
        return numbers

    def _explicit(self, requests: list[Request], limits: tuple[int, int]) -> dict[str, int]:
        numbers: dict[str, int] = {}
        owners: dict[int, str] = {
            number: name for name, number in self._locked_names(requests[0].scope)
        } if requests else {}
        for request in requests:
            number = request.explicit
            if number is None:
                continue
            if not self._in_range(number, limits):
                text = self._range_text(request, number, limits)
                self.diagnostics.error(request.explicit_location, text)
            elif owners.get(number, request.name) != request.name:
                self.diagnostics.error(request.explicit_location, f"{number} is the number of"
                                                                  f" '{owners[number]}' already")
            owners.setdefault(number, request.name)
            numbers[request.name] = number
        return numbers

    @staticmethod
    def _in_range(number: int, limits: tuple[int, int]) -> bool:
        return limits[0] <= number < limits[1]

    @staticmethod
    def _range_text(request: Request, number: int, limits: tuple[int, int]) -> str:
        return (f"the number of '{request.name}' must be {limits[0]} to {limits[1] - 1},"
                f" not {number}")

    def _locked_names(self, scope: str) -> list[tuple[str, int]]:
        return [(name, number) for name, number in self.lock.numbers.items()
                if name.rpartition(".")[0] == scope]

    def _locked(self, scope: str) -> set[int]:
        return {number for _, number in self._locked_names(scope)}

    def _allocate(self, request: Request, used: set[int], limits: tuple[int, int]) -> int:
        if not self.may_allocate:
            how = "write '@ordinal(N)' before it, or delete the lock file" if self.external else \
                "run 'scons idl_lock' to give it the next free one, and commit the file"
            self.diagnostics.error(request.location, f"'{request.name}' has no number in"
                                                     f" {self.lock.path}; {how}")
            return 0
        number = max((n for n in used if self._in_range(n, limits)), default=limits[0] - 1) + 1
        if number >= limits[1]:
            self.diagnostics.error(request.location, f"no number is left for '{request.name}': all"
                                                     f" up to {limits[1] - 1} are taken")
        used.add(number)
        self.lock.numbers[request.name] = number
        return number


def interface_limits(external: bool) -> tuple[int, int]:
    return (EXTERNAL_FIRST, INTERFACE_END) if external else (TREE_FIRST, EXTERNAL_FIRST)


def lock_name(interface: str, message: str) -> str:
    return f"{interface or GLOBAL}.{message}"
