"""`scons soak what=kernel`: the kernel on the simulated machine against the model, with new seeds.

Every CPU of this machine has a process. Every second one is libFuzzer's, which keeps what it finds
worth keeping in a corpus; the others make up sequences out of random numbers.
"""

import os
import re
from dataclasses import dataclass

from resea import fuzzing, unittests

COMPONENT = "kernel"
_COUNTS = re.compile(r"^(\d+) sequences, (\d+) steps, (\d+) failures$", re.M)
# Bytes of one of libFuzzer's inputs: about 2,000 steps.
_MAX_INPUT = 16384
_FIRST_INPUTS = 10
# Seconds beyond the asked ones after which a process hangs: it may be shrinking a sequence.
_GRACE = 300


@dataclass
class Tally:
    """What a campaign has come to."""

    sequences: int = 0
    steps: int = 0
    failures: int = 0


def plain_command(program, minutes, seed):
    """Random sequences."""
    return [str(program), f"--minutes={minutes}", f"--seed={seed}"]


def guided_command(program, minutes, seed, corpus):
    """libFuzzer."""
    return fuzzing.guided_command(program, corpus, seed, ("max_total_time", minutes * 60),
                                  f"-max_len={_MAX_INPUT}", "-detect_leaks=0", "-timeout=60",
                                  "-verbosity=0")


def _corpus(folder, seeds):
    """libFuzzer's corpus. It makes long inputs only out of long ones."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        for number in range(_FIRST_INPUTS):
            (folder / f"random-{number}").write_bytes(seeds.randbytes(_MAX_INPUT))
    return folder


def commands(build, minutes, jobs, seeds):
    """The command line of each process."""
    corpus = _corpus(build.folder / "fuzz" / "corpus", seeds)
    found = []
    for job in range(jobs):
        # Seeds count up from the first: those of the processes are far apart.
        seed = seeds.randrange(1, 1 << 31)
        if job % 2 == 0:
            found.append(plain_command(unittests.fuzzer(build, COMPONENT), minutes, seed << 20))
        else:
            found.append(guided_command(unittests.guided_fuzzer(build, COMPONENT), minutes, seed,
                                        corpus))
    return found


def add_up(results):
    """The Tally of (exit status, output) of each process. One that says nothing has failed, too."""
    tally = Tally()
    for status, text in results:
        sequences, steps, failures = 0, 0, 0
        for match in _COUNTS.finditer(text):
            sequences, steps, failures = map(int, match.groups())
        tally.sequences += sequences
        tally.steps += steps
        tally.failures += max(failures, 1 if status else 0)
    return tally


def campaign(build, minutes, seeds):
    """Fuzzes for `minutes`; prints the sequences that failed, and counts. Returns the status."""
    jobs = max(2, os.cpu_count() or 1)
    logs = [build.logs / f"soak-kernel-{job}.log" for job in range(jobs)]
    asked = commands(build, minutes, jobs, seeds)
    processes = [fuzzing.start(words, log, ASAN_OPTIONS="detect_leaks=0")
                 for words, log in zip(asked, logs)]
    limit = minutes * 60 + _GRACE
    results = [fuzzing.finish(process, log, limit) for process, log in zip(processes, logs)]
    for status, text in results:
        if status:
            print(text.rstrip())
    tally = add_up(results)
    print(f"{tally.sequences} sequences, {tally.steps} steps, {tally.failures} failures")
    return 1 if tally.failures else 0
