"""Code blocks of the book that tests carry out.

A comment before a fenced block says what the reader is to do with it:

    <!-- file: servers/rand/main.c -->         the block is the whole of a file
    <!-- append: boards/x64/board.toml -->     the block is added at the end of a file
    <!-- run -->                               the lines that begin with `$ ` are commands for the
                                               reader's shell; the others are what they print
    <!-- guest -->                             the lines that begin with `resea> ` are typed at the
                                               prompt; the others must come out, in this order

A block without such a comment is only there to be read.
"""

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"<!-- *(?P<action>file|append|run|guest)(?:: *(?P<path>[^ ]+))? *-->\s*\n"
                    r"(?P<fence>```+)[^\n]*\n(?P<text>.*?)\n?(?P=fence)[ \t]*$",
                    re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!-- *(?:file|append|run|guest)\b", re.MULTILINE)


@dataclass
class Block:
    """One marked block. `line` is where its comment stands."""

    action: str
    path: str
    text: str
    line: int

    def commands(self, prompt):
        """[(command, [line of output that must follow, …]), …]"""
        found = []
        for line in self.text.splitlines():
            if line.startswith(prompt):
                found.append((line[len(prompt):], []))
            elif line.strip() and found:
                found[-1][1].append(line)
        return found


def blocks(text):
    """The marked blocks of a page. A comment that marks nothing is a mistake in the page."""
    found = [Block(match["action"], match["path"] or "", match["text"] + "\n",
                   text.count("\n", 0, match.start()) + 1) for match in _BLOCK.finditer(text)]
    starts = [text.count("\n", 0, match.start()) + 1 for match in _COMMENT.finditer(text)]
    lost = sorted(set(starts) - {block.line for block in found})
    assert not lost, f"no code block follows the comments in lines {lost}"
    for block in found:
        needs_path = block.action in ("file", "append")
        assert bool(block.path) == needs_path, f"line {block.line}: {block.action} and a path?"
    return found


def apply(block, folder):
    """Carries out a file or append block below a folder."""
    path = folder / block.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w" if block.action == "file" else "a", encoding="utf-8") as file:
        file.write(block.text)
