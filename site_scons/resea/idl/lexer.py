"""Cuts IDL text into tokens."""

import re
from dataclasses import dataclass

from .errors import Location, Source, error_at

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<doc>///[^\n]*)
  | (?P<comment>//[^\n]*)
  | (?P<number>-?(?:0[xX][0-9a-fA-F]+|[0-9]+)\b)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<string>"[^"\n]*")
  | (?P<symbol>->|[{}()\[\]<>:;,=@])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    kind: str  # doc, number, name, string, symbol or end
    text: str
    location: Location

    def __str__(self) -> str:
        return "the end of the file" if self.kind == "end" else f"'{self.text}'"


def tokenize(source: Source) -> list[Token]:
    tokens = []
    position, line, line_start = 0, 1, 0
    while position < len(source.text):
        match = _TOKEN.match(source.text, position)
        column = position - line_start + 1
        if not match:
            raise error_at(Location(source, line, column), _unexpected(source.text[position]))
        kind, text = match.lastgroup, match.group()
        if kind not in ("space", "comment"):
            tokens.append(Token(kind, text, Location(source, line, column, len(text))))
        newlines = text.count("\n")
        if newlines:
            line += newlines
            line_start = position + text.rindex("\n") + 1
        position = match.end()
    tokens.append(Token("end", "", Location(source, line, position - line_start + 1)))
    return tokens


def _unexpected(char: str) -> str:
    if char == '"':
        return "the string does not end on its line; close it with '\"'"
    return f"unexpected character '{char}'"
