"""Where something stands in a source file, and how a mistake there is told."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A file's text, kept to show the line that an error is about."""

    path: str
    text: str

    def line(self, number: int) -> str:
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


@dataclass(frozen=True)
class Location:
    source: Source
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.source.path}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """The source line with a caret under what is meant. Tabs are kept, so the caret fits."""
        text = self.source.line(self.line)
        before = text[: self.column - 1]
        padding = "".join("\t" if char == "\t" else " " for char in before)
        return f"    {text}\n    {padding}^{'~' * (self.width - 1)}"


class IdlError(Exception):
    """One or more mistakes; str() is the whole text to print."""

    def __init__(self, messages: list[str]):
        super().__init__("\n".join(messages))
        self.messages = messages


def describe(location: Location, text: str) -> str:
    return f"{location}: error: {text}\n{location.excerpt()}"


def error_at(location: Location, text: str) -> IdlError:
    return IdlError([describe(location, text)])


def suggest(name: str, candidates) -> str:
    """The end of a message about an unknown name: the nearest known one, if one is near."""
    nearest = difflib.get_close_matches(name, sorted(candidates), n=1, cutoff=0.55)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""


class Diagnostics:
    """Collects mistakes, so that one run tells all of them in the order of the source."""

    def __init__(self):
        self._entries: list[tuple[str, int, int, str]] = []

    def error(self, location: Location, text: str) -> None:
        key = (location.source.path, location.line, location.column)
        self._entries.append((*key, describe(location, text)))

    def raise_if_any(self) -> None:
        if self._entries:
            raise IdlError([entry[3] for entry in sorted(self._entries)])
