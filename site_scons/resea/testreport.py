"""The report of `scons test`: a table by boards, and the same for machines in JSON.

pytest's plugin in tests/support/results.py makes the report out of what each test came to;
`scons test` adds how long building took, and prints the table below pytest's own summary.
"""

import json

# Figures that tests fill in (the fixture `figure` of tests/conftest.py): the table's own columns.
FIGURES = ("test app", "leak", "fuzz calls")
_COUNTS = ("passed", "failed", "skipped")
_HEAD = ("board", "mode", "CPUs", *FIGURES, *_COUNTS, "seconds")
_LEFT = 2  # columns of text, to be aligned at the left; the others are numbers, more or less
# Stands where there is nothing: nothing was run, or nothing was measured.
NOTHING = "-"
NOT_RUN = "not run"
# The row of a board's tests that belong to none of its variants.
OTHER = "other"


def path(top):
    """Where the report is left."""
    return top / "build" / "test-report.json"


def summarize(variants, tests):
    """The report: a row for each variant whether its tests ran or not, then one for each board's
    other tests, then one for each folder of tests that have no board."""
    keys = {(v.board, v.mode, v.cpus) for v in variants}
    left = [test for test in tests if _key(test) not in keys]
    rows = []
    for board in dict.fromkeys([v.board for v in variants] + [t["board"] for t in left]):
        rows += [_row(board, v.mode, v.cpus, tests) for v in variants if v.board == board]
        own = [test for test in left if test["board"] == board]
        if board and own:
            rows.append({"board": board, "mode": OTHER, "cpus": None, **_totals(own)})
    folders = [_folder(test) for test in left if not test["board"]]
    groups = [{"name": name, **_totals([t for t in left
                                        if not t["board"] and _folder(t) == name])}
              for name in sorted(set(folders))]
    return {"boards": rows, "groups": groups, "total": _totals(tests),
            "seconds": {"building": 0.0, "testing": 0.0}, "tests": tests}


def _key(test):
    return test["board"], test["mode"], test["cpus"]


def _folder(test):
    """The folder of a test: site_scons/tests."""
    return test["name"].partition("::")[0].rpartition("/")[0]


def _row(board, mode, cpus, tests):
    own = [test for test in tests if _key(test) == (board, mode, cpus)]
    return {"board": board, "mode": mode, "cpus": cpus, **_totals(own)}


def _totals(tests):
    """Outcomes, seconds and figures of some tests together."""
    figures = {}
    for test in tests:
        for name, value in test["figures"].items():
            figures[name] = value
    totals = {what: sum(test["outcome"] == what for test in tests) for what in _COUNTS}
    return {**totals, "figures": figures, "seconds": sum(test["seconds"] for test in tests)}


def table(report):
    """The report as lines of text."""
    rows = [_line(row["board"], row["mode"], row["cpus"], row) for row in report["boards"]]
    rows += [_line(group["name"], "", None, group) for group in report["groups"]]
    rows.append(_line("total", "", None, {**report["total"], "figures": {}}))
    widths = [max(len(row[i]) for row in [_HEAD, *rows]) for i in range(len(_HEAD))]
    lines = [_aligned(row, widths) for row in [_HEAD, *rows]]
    rule = "-" * len(lines[0])
    boards = len(report["boards"])
    return [lines[0], rule, *_by_board(report, lines[1:boards + 1]), *lines[boards + 1:-1], rule,
            lines[-1]]


def _by_board(report, lines):
    """The boards' lines, an empty one below each board."""
    names = [row["board"] for row in report["boards"]] + [None]
    for i, line in enumerate(lines):
        yield line
        if names[i] != names[i + 1]:
            yield ""


def _line(name, mode, cpus, row):
    """The cells of one line."""
    ran = any(row[what] for what in _COUNTS)
    figures = [_figure(row, name) for name in FIGURES]
    counts = [str(row[what]) for what in _COUNTS] if ran else [NOT_RUN, NOTHING, NOTHING]
    return (name, mode, NOTHING if mode == OTHER else str(cpus or ""), *figures, *counts,
            f"{row['seconds']:.0f}" if ran else NOTHING)


def _figure(row, name):
    """A figure: a number, [good, all], or words."""
    value = row["figures"].get(name, NOTHING)
    return f"{value[0]} of {value[1]}" if isinstance(value, list) else str(value)


def _aligned(cells, widths):
    return "  ".join(cell.ljust(width) if i < _LEFT else cell.rjust(width)
                     for i, (cell, width) in enumerate(zip(cells, widths))).rstrip()


def skipped(report):
    """What was not tested, and why: a line for each reason, with how many tests it kept away."""
    reasons = {}
    for test in report["tests"]:
        if test["outcome"] == "skipped":
            reasons[test["reason"]] = reasons.get(test["reason"], 0) + 1
    return [f"skipped {count}: {reason or 'no reason given'}"
            for reason, count in sorted(reasons.items())]


def show(top, building):
    """Adds the seconds that building took, and gives the lines to print; none without a report."""
    file = path(top)
    if not file.is_file():
        return ["no report: pytest did not come to its end"]
    report = json.loads(file.read_text(encoding="utf-8"))
    report["seconds"]["building"] = building
    file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    seconds = report["seconds"]
    return ["", *table(report), *skipped(report),
            f"{seconds['building'] + seconds['testing']:.0f} seconds: "
            f"{seconds['building']:.0f} building, {seconds['testing']:.0f} testing"]
