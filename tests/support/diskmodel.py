"""What the guest's program `disktest` does to a disk, by the rules of servers/apps/disktest: so
that a test knows what the image must look like afterwards."""

import struct

SECTOR = 512
SECTORS = 16384
_RUN_MAX = 128
_RUNS_MAX = 4


def _next(number):
    return (number * 1664525 + 1013904223) & 0xffffffff


def content(sector, version):
    """A sector that has been written that often."""
    word, words = (sector * 256 + version) & 0xffffffff, []
    for _ in range(SECTOR // 4):
        words.append(word)
        word = _next(word)
    return struct.pack(f"<{SECTOR // 4}I", *words)


def make(path, size_mib=16, offset=0):
    """An image on which nothing has been written yet. `offset`: where the unit begins, in bytes;
    what is there besides stays."""
    with open(path, "r+b" if path.exists() else "wb") as file:
        file.seek(offset)
        for sector in range(SECTORS):
            file.write(content(sector, 0))
        file.truncate(size_mib << 20)
    return path


class _Random:
    def __init__(self, seed):
        self._state = seed

    def __call__(self, limit):
        self._state = _next(self._state)
        return (self._state >> 8) % limit


def versions(rounds, seed=1):
    """How often each sector has been written behind so many rounds."""
    random, counts = _Random(seed), [0] * SECTORS
    for _ in range(rounds):
        runs = 1 + random(_RUNS_MAX)
        part, chosen = SECTORS // runs, []
        for i in range(runs):
            count = 1 + random(_RUN_MAX)
            start = i * part + random(part - count + 1)
            chosen.append((start, count))
        if random(4) < 2:
            for start, count in chosen:
                for sector in range(start, start + count):
                    counts[sector] = (counts[sector] + 1) % 256
    return counts


def wrong(path, rounds, seed=1, offset=0):
    """The sectors of the image that aren't as they must be behind so many rounds."""
    found = []
    with open(path, "rb") as file:
        file.seek(offset)
        for sector, version in enumerate(versions(rounds, seed)):
            if file.read(SECTOR) != content(sector, version):
                found.append(sector)
    return found
