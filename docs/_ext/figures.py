"""Fills benchmarks.md with the committed baselines, and what other systems reach."""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "site_scons"))

from resea import baseline  # noqa: E402 (the path above comes first)

PAGE = "benchmarks"
PLACEHOLDER = "<!-- figures -->"


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}


def fill(app, name, source):
    """Puts the tables in place of the placeholder."""
    if name != PAGE:
        return
    for path in sorted((TOP / baseline.FOLDER).glob("*.toml")):
        app.env.note_dependency(str(path))
    source[0] = source[0].replace(PLACEHOLDER, markdown(TOP))


def markdown(top):
    """A table for each board that has a baseline."""
    anchors = baseline.load_anchors(top)
    files = sorted((top / baseline.FOLDER).glob("*.toml"))
    return "\n".join(line for path in files if path.stem != "anchors"
                     for line in section(path.stem, baseline.load(top, path.stem), anchors))


def section(board, baselines, anchors):
    """One board: its figures by compiler, and other systems' beside them."""
    yield f"### {board}\n"
    for entry in baselines.values():
        yield f"Baseline of {entry.date}, {entry.compiler}:\n"
        yield "| figure | Resea | others |\n| --- | ---: | --- |"
        for name, value in entry.values.items():
            yield f"| `{name}` | {value:,} | {others(name, board, anchors)} |"
        yield ""


def others(name, board, anchors):
    """What other systems reach, in words: "seL4 395, Linux 6.1 12,722"."""
    return "; ".join(f"{anchor.system} {anchor.values[name]:,}" for anchor in anchors
                     if anchor.board == board and name in anchor.values)
