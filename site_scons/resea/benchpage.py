"""The page of `scons bench`: the boards' figures beside their baselines and other systems'.

It is build/bench/index.html, with one SVG file for each metric beside it. What a metric means is
taken from docs/benchmarks.md.
"""

import re
from dataclasses import dataclass
from html import escape

from resea import baseline, bench, latency

FOLDER = "build/bench"
BOOK = "docs/benchmarks.md"

# Values further apart than this are drawn on a logarithmic scale.
_FAR_APART = 30

# What a bar stands for: the system as it is, as it was, and others.
OURS, BEFORE, OTHERS = "ours", "before", "others"
_COLOURS = {OURS: "#2563a8", BEFORE: "#a9c8e8", OTHERS: "#b4b4b4"}

_ROW = re.compile(r"^\| (?P<names>`[^|]*) \| (?P<what>[^|]*) \|$", re.MULTILINE)

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 }
th, td { padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: right }
th:first-child, td:first-child { text-align: left }
.worse { color: #b00020 } .better { color: #1b7a35 }
img { max-width: 100% }
"""


@dataclass(frozen=True)
class Bar:
    """One value of a metric."""

    board: str
    who: str
    kind: str
    value: int


@dataclass(frozen=True)
class Board:
    """A board's figures, what they were with the same compiler (or None), and others' there."""

    name: str
    result: bench.Result
    before: baseline.Baseline
    anchors: tuple


def load(top, names):
    """What is known of those of the boards that have been measured."""
    anchors = baseline.load_anchors(top)
    boards = []
    for name in names:
        result = bench.load(top / "build" / f"{name}-release")
        if result:
            before = baseline.load(top, name).get(result.compiler)
            boards.append(Board(name, result, before,
                                tuple(a for a in anchors if a.board == name)))
    return boards


def metric_names(boards, parts=False):
    """All metrics, in the order in which boards print them; or all `parts` of metrics."""
    return list(dict.fromkeys(name for board in boards for name in board.result.figures
                              if bench.is_part(name) == parts))


def unit_of(metric, boards):
    """What a metric is counted in. The benchmark counts the CPU's cycles, which are instructions
    here."""
    unit = next(board.result.figures[metric][1] for board in boards
                if metric in board.result.figures)
    return "instructions" if unit == "cycles" else unit


def bars(metric, boards):
    """All that is known of a metric, board by board."""
    found = []
    for board in boards:
        if metric not in board.result.figures:
            continue
        found.append(Bar(board.name, "this tree", OURS, board.result.figures[metric][0]))
        if board.before and metric in board.before.values:
            found.append(Bar(board.name, f"baseline of {board.before.date}", BEFORE,
                             board.before.values[metric]))
        found += [Bar(board.name, f"{anchor.system} ({anchor.source})", OTHERS,
                      anchor.values[metric])
                  for anchor in board.anchors if metric in anchor.values]
    return found


def meanings(text):
    """What metrics mean, from the table in the book: {name: Markdown}."""
    return {name: match["what"] for match in _ROW.finditer(text)
            for name in re.findall(r"`([a-z0-9_.]+)`", match["names"])}


def number(value):
    """12345678 as 12,345,678."""
    return f"{value:,}"


# ---- Drawing ------------------------------------------------------------------------------------


def draw(path, unit, found):
    """A bar chart, as an SVG file."""
    import matplotlib
    from matplotlib.figure import Figure

    # The same figures make the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "resea", "font.size": 9})
    figure = Figure(figsize=(8, 0.7 + 0.27 * len(found)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(range(len(found)), [bar.value for bar in found],
              color=[_COLOURS[bar.kind] for bar in found])
    axes.set_yticks(range(len(found)), [f"{bar.board}: {bar.who}" for bar in found])
    axes.invert_yaxis()
    values = [bar.value for bar in found]
    if min(values) > 0 and max(values) > _FAR_APART * min(values):
        axes.set_xscale("log")
    axes.bar_label(axes.containers[0], [number(value) for value in values], padding=3)
    axes.margins(x=0.12)
    axes.set_xlabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


# ---- HTML ---------------------------------------------------------------------------------------


def _code(text):
    """Markdown's `code`, which is all there is in the book's table."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _cell(board, metric):
    """A figure, and how far it is from the baseline."""
    if metric not in board.result.figures:
        return "<td></td>"
    now = board.result.figures[metric][0]
    before = board.before.values.get(metric) if board.before else None
    if before in (None, now):
        return f"<td>{number(now)}</td>"
    kind = "worse" if now > before else "better"
    return (f'<td>{number(now)} <span class="{kind}">'
            f"({baseline.per_cent(before, now)})</span></td>")


def table(boards, names):
    """Metrics, as {what their row is headed by: name}."""
    heads = "".join(f"<th>{escape(board.name)}</th>" for board in boards)
    rows = [f"<tr><th>metric</th>{heads}<th>unit</th></tr>"]
    for head, metric in names.items():
        cells = "".join(_cell(board, metric) for board in boards)
        rows.append(f"<tr><td>{head}</td>{cells}"
                    f"<td>{escape(unit_of(metric, boards))}</td></tr>")
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def overview(boards):
    """The table at the beginning."""
    return table(boards, {f'<a href="#{name}">{name}</a>': name for name in metric_names(boards)})


def paths(boards):
    """The table of what latency.max is the largest of."""
    names = sorted(metric_names(boards, parts=True))
    if not names:
        return ""
    rows = {name[len(latency.PREFIX) + 1:]: name for name in names}
    return "<h2>The longest paths in the kernel</h2>\n" + table(boards, rows)


def reports(boards, known):
    """The table of what is only reported."""
    names = list(dict.fromkeys(name for board in boards for name in board.result.reports))
    if not names:
        return ""
    heads = "".join(f"<th>{escape(board.name)}</th>" for board in boards)
    rows = [f"<tr><th>figure</th>{heads}<th>unit</th><th>what it is</th></tr>"]
    for name in names:
        found = [board.result.reports.get(name) for board in boards]
        cells = "".join(f"<td>{number(figure[0]) if figure else ''}</td>" for figure in found)
        unit = next(figure[1] for figure in found if figure)
        rows.append(f"<tr><td>{name}</td>{cells}<td>{escape(unit)}</td>"
                    f"<td>{_code(known.get(name, ''))}</td></tr>")
    return ("<h2>On several CPUs</h2>\n<p>By the clock on the wall, with a thread of the host's "
            "for each CPU: these depend on the host and on what else it does. They are not "
            "compared with anything.</p>\n<table>\n" + "\n".join(rows) + "\n</table>")


def _compared_with(board):
    if board.before:
        what = f"compared with the baseline of {board.before.date}"
    else:
        what = "there is no baseline of this compiler to compare with"
    return f"<li>{escape(board.name)}: {escape(board.result.compiler)}; {what}</li>"


def section(metric, boards, meaning):
    """A metric with its plot."""
    found = bars(metric, boards)
    text = "; ".join(f"{bar.board}, {bar.who}: {number(bar.value)}" for bar in found)
    return (f'<h2 id="{metric}">{metric}</h2>\n<p>{_code(meaning)}</p>\n'
            f'<img src="{metric}.svg" alt="{escape(text)}">')


def html(boards, known):
    """The whole page."""
    parts = ["<!DOCTYPE html>", '<html lang="en">', '<meta charset="utf-8">',
             "<title>Resea: benchmarks</title>", f"<style>{_STYLE}</style>",
             "<h1>Benchmarks</h1>",
             "<p>Guest instructions of release builds under QEMU's -icount, or bytes: less is "
             "better. Instructions are not cycles: the book's page on benchmarks tells what they "
             "leave out, and how each figure is measured.</p>",
             "<ul>", *map(_compared_with, boards), "</ul>", overview(boards)]
    parts += [section(metric, boards, known.get(metric, "")) for metric in metric_names(boards)]
    parts += [paths(boards), reports(boards, known)]
    return "\n".join(parts) + "\n</html>\n"


def write(top, names):
    """Writes the page of some boards, as far as they have been measured. Returns its path."""
    folder = top / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    boards = load(top, names)
    for metric in metric_names(boards):
        draw(folder / f"{metric}.svg", unit_of(metric, boards), bars(metric, boards))
    known = meanings((top / BOOK).read_text(encoding="utf-8"))
    path = folder / "index.html"
    path.write_text(html(boards, known), encoding="utf-8")
    return path.relative_to(top)
