"""What reads the bytes of strangers, driven by libFuzzer (resea/fuzzing.py)."""

import re

import pytest

from support import builds

from resea import fuzzing

# Inputs of each kind; the same ones in every run.
RUNS = 50_000
SEED = 1


@pytest.mark.heavy(20)
def test_no_input_does_harm(report):
    done = builds.scons("soak", "what=inputs", f"runs={RUNS}", f"seed={SEED}")
    assert done.returncode == 0, done.stdout
    counts = dict(re.findall(r"^(\w+): (\d+) inputs, no failure$", done.stdout, re.M))
    assert sorted(counts) == sorted(fuzzing.INPUTS), done.stdout
    for name, target in fuzzing.INPUTS.items():
        assert int(counts[name]) >= RUNS // target.cost, done.stdout
    report("inputs: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
