"""`scons soak what=inputs`: what reads bytes that strangers may have written, driven by libFuzzer.

Each input of resea/fuzzing.py has a process, a corpus that grows from campaign to campaign, and an
equal share of the time.
"""

import os
import shutil
from dataclasses import dataclass

from resea import fuzzing, unittests

# Seconds beyond the asked ones after which a process hangs; seconds for a number of inputs.
_GRACE = 300
_RUNS_LIMIT = 900


@dataclass
class Plan:
    """How long: `runs` inputs each if that isn't 0, `minutes` for all otherwise."""

    minutes: int
    runs: int
    seeds: object


def _corpus(folder, target, plan):
    """The corpus. So that a number of runs gives the same each time, that begins with a new one."""
    corpus = folder / ("runs" if plan.runs else "corpus")
    if plan.runs:
        shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.samples()):
        (corpus / f"sample-{number}").write_bytes(data)
    return corpus


def command(build, name, plan, seconds):
    """The command line of an input's process."""
    target = fuzzing.INPUTS[name]
    corpus = _corpus(build.folder / "fuzz-inputs" / name, target, plan)
    runs = -(-plan.runs // target.cost)
    limit = ("runs", runs) if runs else ("max_total_time", seconds)
    return fuzzing.guided_command(
        unittests.guided_fuzzer(build, target.component), corpus,
        plan.seeds.randrange(1, 1 << 31), limit, f"-max_len={target.max_len}", "-timeout=20",
        "-close_fd_mask=1", "-print_final_stats=1")


def _run_some(build, names, plan, seconds):
    """Runs the processes of some inputs side by side: (name, status, output) of each."""
    logs = [build.logs / f"soak-{name}.log" for name in names]
    processes = [fuzzing.start(command(build, name, plan, seconds), log)
                 for name, log in zip(names, logs)]
    limit = _RUNS_LIMIT if plan.runs else seconds + _GRACE
    return [(name, *fuzzing.finish(process, log, limit))
            for name, process, log in zip(names, processes, logs)]


def rounds(names, jobs):
    """The names, in as few lists of up to `jobs` as there can be."""
    return [names[i:i + jobs] for i in range(0, len(names), jobs)]


def campaign(build, names, plan):
    """Looks for bugs; prints what failed, and counts. Returns the status."""
    asked, failures = rounds(names, os.cpu_count() or 1), 0
    for some in asked:
        for name, status, said in _run_some(build, some, plan, plan.minutes * 60 // len(asked)):
            count = fuzzing.count_executions(said)
            print(f"{name}: {count} inputs, {'failed' if status else 'no failure'}", flush=True)
            if status:
                failures += 1
                print(said[-4000:])
    print(f"{len(names)} kinds of inputs, {failures} failures")
    return 1 if failures else 0
