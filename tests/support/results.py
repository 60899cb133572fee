"""Collects what each test came to, for the report that `scons test` prints at its end."""

import json
import time

from resea import testreport

# A test's outcome is the worst of its phases.
_WORST = ("failed", "skipped", "passed")


class Results:
    """A pytest plugin of the process that all reports come together in."""

    def __init__(self, path, variants):
        self._path = path
        self._variants = variants
        self._tests = {}
        self._started = time.monotonic()

    def pytest_runtest_logreport(self, report):
        """One phase of one test."""
        found = dict(report.user_properties)
        test = self._tests.setdefault(report.nodeid, {
            "name": report.nodeid, "board": None, "mode": None, "cpus": None,
            "outcome": "passed", "seconds": 0.0, "reason": "", "figures": {}})
        test.update(found.get("variant", {}))
        test["figures"].update(value for name, value in report.user_properties if name == "figure")
        test["outcome"] = min(test["outcome"], report.outcome, key=_WORST.index)
        test["seconds"] += report.duration
        if report.skipped and isinstance(report.longrepr, tuple):
            test["reason"] = str(report.longrepr[2]).removeprefix("Skipped: ")

    def pytest_sessionfinish(self):
        """Writes the report, which `scons test` then shows."""
        report = testreport.summarize(self._variants, list(self._tests.values()))
        report["seconds"]["testing"] = time.monotonic() - self._started
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
