"""`scons soak what=fat`: FAT volumes, with new seeds.

libFuzzer damages volumes all the time. Beside it, random operations against a model and power cuts
take turns.
"""

import os
import random
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from resea import unittests

COMPONENT = "libs/fat"
# Bytes of one of libFuzzer's inputs: boot sector, tables, root directory and the first clusters of
# small volumes.
_MAX_INPUT = 49152
# Volumes that the corpus begins with, and on which power is cut: mkfs.fat's options and KiB.
_VOLUMES = [("12", "300"), ("16", "2200"), ("32", "600")]
_STEPS = 10_000
_CUT_STEPS = 150
# Seconds beyond the asked ones after which a process hangs.
_GRACE = 300
_EXECUTIONS = re.compile(r"^#(\d+)|stat::number_of_executed_units:\s*(\d+)", re.M)


@dataclass
class Tally:
    """What a campaign has come to."""

    volumes: int = 0
    steps: int = 0
    cuts: int = 0
    failures: int = 0


def _environment():
    """Debian has mkfs.fat and fsck.fat where only root looks."""
    return {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def _run(words):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment(),
                          text=True, errors="replace", timeout=_GRACE, check=False)
    return done.returncode, done.stdout


def _make_volume(path, bits, kib):
    path.unlink(missing_ok=True)
    status, said = _run(["mkfs.fat", "-C", "-F", bits, "-s", "1", path, kib])
    if status != 0:
        raise RuntimeError(f"mkfs.fat: {said}")


def _fill_corpus(folder, campaign):
    """The first inputs: volumes with files on them."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    for bits, kib in _VOLUMES:
        for seed in range(3):
            image = folder / f"fat{bits}-{seed}"
            _make_volume(image, bits, kib)
            _run([campaign, f"--image={image}", f"--seed={seed}", "--steps=60"])
            with open(image, "r+b") as file:
                file.truncate(min(_MAX_INPUT, image.stat().st_size))


def guided_command(program, seconds, seed, corpus):
    """libFuzzer; inputs that fail are kept beside the corpus."""
    return [str(program), f"-max_total_time={seconds}", f"-max_len={_MAX_INPUT}", f"-seed={seed}",
            "-len_control=0", "-timeout=20", "-print_final_stats=1",
            f"-artifact_prefix={corpus.parent}/", str(corpus)]


def _random_operations(campaign, seed, tally):
    status, said = _run([campaign, f"--seed={seed}", f"--steps={_STEPS}"])
    counts = re.search(r"(\d+) steps, 0 failures", said)
    tally.steps += int(counts[1]) if counts else 0
    return status, said


def _power_cuts(campaign, seed, folder, tally):
    bits, kib = _VOLUMES[seed % len(_VOLUMES)]
    _make_volume(folder / "cut.img", bits, kib)
    status, said = _run([campaign, f"--cut={folder / 'cut.img'}", f"--seed={seed}",
                         f"--steps={_CUT_STEPS}", f"--scratch={folder / 'scratch.img'}"])
    counts = re.search(r"(\d+) power cuts", said)
    tally.cuts += int(counts[1]) if counts else 0
    return status, said


def _take_turns(campaign, folder, seconds, tally):
    """Random operations and power cuts until the time is up."""
    end, seeds, turn = time.monotonic() + seconds, random.SystemRandom(), 0
    while time.monotonic() < end:
        seed = seeds.randrange(1, 1 << 30)
        if turn % 2:
            status, said = _power_cuts(campaign, seed, folder, tally)
        else:
            status, said = _random_operations(campaign, seed, tally)
        if status != 0:
            tally.failures += 1
            print(f"{'power cuts' if turn % 2 else 'random operations'}, seed {seed}:\n{said}")
        turn += 1


def count_executions(text):
    """How many inputs libFuzzer has tried."""
    return max((int(a or b) for a, b in _EXECUTIONS.findall(text)), default=0)


def campaign(build, minutes):
    """Looks for bugs for `minutes`; prints what failed, and counts. Returns the status."""
    program = unittests.fuzzer(build, COMPONENT)
    folder = Path(build.folder) / "fuzz-fat"
    corpus = folder / "corpus"
    _fill_corpus(corpus, program)
    build.logs.mkdir(parents=True, exist_ok=True)
    log, tally = build.logs / "soak-fat.log", Tally()
    words = guided_command(unittests.guided_fuzzer(build, COMPONENT), minutes * 60,
                           random.SystemRandom().randrange(1, 1 << 31), corpus)
    with open(log, "wb") as file:
        guided = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, env=_environment())
    try:
        _take_turns(program, folder, minutes * 60, tally)
        status = guided.wait(_GRACE)
    finally:
        guided.kill()
    said = log.read_text(encoding="utf-8", errors="replace")
    tally.volumes = count_executions(said)
    if status != 0:
        tally.failures += 1
        print(said[-4000:])
    print(f"{tally.volumes} damaged volumes, {tally.steps} steps, {tally.cuts} power cuts, "
          f"{tally.failures} failures")
    return 1 if tally.failures else 0
