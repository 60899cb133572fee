"""`scons soak what=fat`: FAT volumes, with new seeds.

libFuzzer damages volumes all the time. Beside it, random operations against a model and power cuts
take turns.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from resea import fuzzing, unittests

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


@dataclass
class Tally:
    """What a campaign has come to."""

    volumes: int = 0
    steps: int = 0
    cuts: int = 0
    failures: int = 0


@dataclass
class Place:
    """The program that drives the library, and where its files are."""

    program: Path
    folder: Path

    def run(self, *words):
        """(exit status, output) of a command."""
        log = self.folder / "run.log"
        return fuzzing.finish(fuzzing.start(words, log), log, _GRACE)

    def make_volume(self, path, bits, kib):
        path.unlink(missing_ok=True)
        status, said = self.run("mkfs.fat", "-C", "-F", bits, "-s", "1", path, kib)
        if status != 0:
            raise RuntimeError(f"mkfs.fat: {said}")


def _fill_corpus(place, folder):
    """The first inputs: volumes with files on them."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    for bits, kib in _VOLUMES:
        for seed in range(3):
            image = folder / f"fat{bits}-{seed}"
            place.make_volume(image, bits, kib)
            place.run(place.program, f"--image={image}", f"--seed={seed}", "--steps=60")
            with open(image, "r+b") as file:
                file.truncate(min(_MAX_INPUT, image.stat().st_size))


def _random_operations(place, seed, tally):
    status, said = place.run(place.program, f"--seed={seed}", f"--steps={_STEPS}")
    counts = re.search(r"(\d+) steps, 0 failures", said)
    tally.steps += int(counts[1]) if counts else 0
    return status, said


def _power_cuts(place, seed, tally):
    bits, kib = _VOLUMES[seed % len(_VOLUMES)]
    image = place.folder / "cut.img"
    place.make_volume(image, bits, kib)
    status, said = place.run(place.program, f"--cut={image}", f"--seed={seed}",
                             f"--steps={_CUT_STEPS}", f"--scratch={place.folder / 'scratch.img'}")
    counts = re.search(r"(\d+) power cuts", said)
    tally.cuts += int(counts[1]) if counts else 0
    return status, f"on FAT{bits} of {kib} KiB: {said}"


def _take_turns(place, seconds, seeds, tally):
    """Random operations and power cuts until the time is up."""
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        seed = seeds.randrange(1, 1 << 30)
        status, said = (_power_cuts if turn % 2 else _random_operations)(place, seed, tally)
        if status != 0:
            tally.failures += 1
            print(f"{'power cuts' if turn % 2 else 'random operations'}, seed {seed}: {said}")
        turn += 1


def campaign(build, minutes, seeds):
    """Looks for bugs for `minutes`; prints what failed, and counts. Returns the status."""
    place = Place(unittests.fuzzer(build, COMPONENT), Path(build.folder) / "fuzz-fat")
    corpus, log, tally = place.folder / "corpus", build.logs / "soak-fat.log", Tally()
    _fill_corpus(place, corpus)
    guided = fuzzing.start(fuzzing.guided_command(
        unittests.guided_fuzzer(build, COMPONENT), corpus, seeds.randrange(1, 1 << 31),
        ("max_total_time", minutes * 60), f"-max_len={_MAX_INPUT}", "-timeout=20",
        "-print_final_stats=1"), log)
    try:
        _take_turns(place, minutes * 60, seeds, tally)
    finally:
        status, said = fuzzing.finish(guided, log, _GRACE)
    tally.volumes = fuzzing.count_executions(said)
    if status != 0:
        tally.failures += 1
        print(said[-4000:])
    print(f"{tally.volumes} damaged volumes, {tally.steps} steps, {tally.cuts} power cuts, "
          f"{tally.failures} failures")
    return 1 if tally.failures else 0
