"""Fills benchmarks.md with the committed baselines, and what other systems reach."""

import placeholder
from placeholder import TOP

from resea import baseline


def setup(app):
    """Called by Sphinx."""
    return placeholder.fill(app, "benchmarks", "<!-- figures -->",
                            lambda: sorted((TOP / baseline.FOLDER).glob("*.toml")),
                            lambda: markdown(TOP))


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
