"""What `scons soak` fuzzes on this machine, and how libFuzzer is run.

What reads bytes that strangers may have written is an *input*. Another one takes a source file with
LLVMFuzzerTestOneInput, which the component's SConscript names in `fuzzer_guided`, and an entry in
INPUTS: nothing else. resea/inputfuzz.py runs them all alike.
"""

import os
import random
import re
import subprocess
from dataclasses import dataclass
from typing import Callable

from resea import fuzz_samples


@dataclass(frozen=True)
class Input:
    """`samples` returns what the corpus begins with: a list of bytes that are good, mostly. One of
    the inputs costs as much as `cost` of the cheap ones: a number of runs is divided by it."""

    component: str
    max_len: int
    samples: Callable
    cost: int = 1


INPUTS = {
    "answers": Input("servers/apps/net", 4000, fuzz_samples.answers),
    "http": Input("servers/apps/webapi", 4000, fuzz_samples.requests),
    "network": Input("libs/inet", 2000, fuzz_samples.conversations, cost=20),
    "paths": Input("libs/fs", 3000, fuzz_samples.paths),
    "partitions": Input("libs/blk", 8192, fuzz_samples.partitions),
    "tar": Input("servers/fs/tarfs", 8192, fuzz_samples.tarballs),
    "tcp": Input("libs/tcp", 2000, fuzz_samples.scripts, cost=20),
}
# All of them.
ALL = "inputs"
# What has a campaign of its own.
_OTHERS = {"kernel": "kernel", "fat": "libs/fat"}
NAMES = [*_OTHERS, ALL, *sorted(INPUTS)]

_EXECUTIONS = re.compile(r"^#(\d+)|stat::number_of_executed_units:\s*(\d+)", re.M)


def inputs(what):
    """The names of the inputs that `what` stands for."""
    return sorted(INPUTS) if what == ALL else [what]


def components(what):
    """Whose fuzzers `what` needs."""
    return [_OTHERS[what]] if what in _OTHERS else [INPUTS[name].component for name in inputs(what)]


def seeds(options):
    """A source of first random numbers: the same ones in every run if there is an option `seed`."""
    first = options.number("seed", 0, 0, (1 << 31) - 1)
    return random.Random(first) if first else random.SystemRandom()


def guided_command(program, corpus, seed, limit, *more):
    """libFuzzer with a corpus; inputs that fail are kept beside that. `limit` is its option
    `max_total_time` (seconds) or `runs`, and how many."""
    name, number = limit
    return [str(program), f"-{name}={number}", f"-seed={seed}", "-len_control=0",
            f"-artifact_prefix={corpus.parent}/", *more, str(corpus)]


def start(words, log, **variables):
    """Starts a process whose output goes to a file."""
    # Debian has mkfs.fat and fsck.fat where only root looks.
    env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
           "UBSAN_OPTIONS": "print_stacktrace=1", **variables}
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        return subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                                stdout=file, stderr=subprocess.STDOUT, env=env)


def finish(process, log, seconds):
    """(exit status, output) of a process; one that takes longer is ended."""
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    return status, log.read_text(encoding="utf-8", errors="replace")


def count_executions(text):
    """How many inputs libFuzzer has tried."""
    return max((int(a or b) for a, b in _EXECUTIONS.findall(text)), default=0)
