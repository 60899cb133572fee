"""What `scons soak what=kernel` runs and adds up."""

import random
from pathlib import Path
from types import SimpleNamespace

from resea import kernelfuzz


def test_every_second_process_is_libfuzzers(tmp_path):
    build = SimpleNamespace(folder=tmp_path)
    found = kernelfuzz.commands(build, 3, 4, random.Random(1))
    programs = [Path(words[0]).name for words in found]
    assert programs == ["kernel-fuzz", "kernel-libfuzzer"] * 2
    assert "--minutes=3" in found[0] and "-max_total_time=180" in found[1]
    assert len(list((tmp_path / "fuzz" / "corpus").iterdir())) == 10
    assert len({words[2] for words in found[::2]}) == 2


def test_counts_are_added_up():
    tally = kernelfuzz.add_up([(0, "3 sequences, 70 steps, 0 failures\n"),
                               (1, "it differs\n2 sequences, 5 steps, 1 failures\n")])
    assert tally == kernelfuzz.Tally(5, 75, 1)


def test_a_process_that_dies_without_a_word_has_failed():
    assert kernelfuzz.add_up([(-6, "AddressSanitizer: ..."), (None, "")]).failures == 1
    assert kernelfuzz.add_up([(2, "1 sequences, 9 steps, 0 failures")]).failures == 1
