"""docs/tcp.md says which exchange plays which rule of TCP: all are there, and named."""

import re

from support import builds

TESTS = builds.TOP / "libs" / "tcp" / "tests"
# Files whose exchanges are all about a rule.
COMPLETE = ("states", "rules")


def exchanges(name):
    """What a file calls its tests."""
    text = (TESTS / f"{name}_test.c").read_text(encoding="utf-8")
    return ["".join(re.findall(r'"([^"]*)"', words))
            for words in re.findall(r'^TEST\(([^)]*(?:\([^)]*\)[^)]*)*)\) \{', text, re.M)]


def named():
    """(file, beginning of a name) of all that the table names."""
    text = (builds.TOP / "docs" / "tcp.md").read_text(encoding="utf-8")
    table = re.search(r"^## Each rule and its exchange$(.*?)^## ", text, re.M | re.S)[1]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    for row in rows[1:]:
        for part in row[2].rstrip(" |").split("; "):
            name, _, words = part.partition(": ")
            for quoted in re.findall(r'"([^"]*)"', words):
                yield name, quoted.rstrip("…")


def test_exchanges_are_there():
    found = list(named())
    assert len(found) > 80
    for name, beginning in found:
        assert any(title.startswith(beginning) for title in exchanges(name)), (name, beginning)


def test_exchanges_are_named():
    found = list(named())
    for name in COMPLETE:
        for title in exchanges(name):
            assert any(title.startswith(beginning) for file, beginning in found if file == name), (
                name, title)
