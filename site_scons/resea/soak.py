"""`scons soak`: the fuzz app on guest after guest, each with a seed of its own."""

import re
import subprocess
import time
from dataclasses import dataclass

from resea import qemu

CALLS = 1_000_000
# Seconds that one guest may take before it counts as hung.
LIMIT = 1800

_CALLS = re.compile(r"fuzz: (\d+) calls")


@dataclass
class Tally:
    """What a campaign has come to so far."""

    guests: int = 0
    calls: int = 0
    failures: int = 0


def command(machine, image, seed, cpus):
    """One guest: fuzz, then power off with its status."""
    return qemu.command(machine, qemu.Setup(
        cpus=cpus, cmdline=f'run="fuzz --seed={seed} --calls={CALLS}"'), image)


def run_guest(words, log):
    """Runs a guest into its log; returns the exit status, None if it hung."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        try:
            return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, timeout=LIMIT,
                                  check=False).returncode
        except subprocess.TimeoutExpired:
            return None


def count_calls(text):
    """How many system calls a guest's log says were made."""
    return sum(int(number) for number in _CALLS.findall(text))


def campaign(machine, image, logs, minutes, seeds, say):
    """Fuzzes for `minutes`, alternating between one and four CPUs; returns the Tally."""
    tally = Tally()
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        seed, cpus = seeds.randrange(1, 1 << 31), (1, 4)[tally.guests % 2]
        log = logs / f"soak-{seed}.log"
        status = run_guest(command(machine, image, seed, cpus), log)
        tally.guests += 1
        tally.calls += count_calls(log.read_text(encoding="utf-8", errors="replace"))
        if status == qemu.EXIT_SUCCESS:
            log.unlink()
        else:
            tally.failures += 1
            say(f"seed {seed} with cpus={cpus}: {explain(status)} (log: {log})")
    return tally


def explain(status):
    """A failure in words."""
    return f"hung for {LIMIT} s" if status is None else qemu.explain_exit(status)
