"""Ten million random steps on the simulated machine, against the model (fuzz/)."""

import re
import subprocess

import pytest

from support import builds

STEPS = 5_000_000
# Seconds; it takes less than one minute where nothing else runs.
LIMIT = 900


# Two halves, so that two CPUs share the work.
@pytest.mark.heavy(90)
@pytest.mark.parametrize("seed", [1, 1_000_000])
def test_the_kernel_does_what_the_model_does(seed, report):
    done = builds.scons("unittest", "target=kernel")
    assert done.returncode == 0, done.stdout
    program = builds.BUILD / "x64-debug" / "unittests" / "kernel-fuzz"
    done = subprocess.run([program, f"--seed={seed}", f"--steps={STEPS}"], cwd=builds.TOP,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout
    counts = re.search(r"(\d+) sequences, (\d+) steps, 0 failures", done.stdout)
    assert counts and int(counts[2]) >= STEPS, done.stdout
    fast = re.search(r"(\d+) of (\d+) calls and answers took the fast path", done.stdout)
    assert fast and int(fast[1]) * 20 >= int(fast[2]) > 0, done.stdout
    report(f"kernel against model, seed {seed}: {counts[0]}, {fast[0]}")
