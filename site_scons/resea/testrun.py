"""`scons test` and `scons unittest`.

`scons test` builds all that the tests boot, then hands over to pytest, which runs every kind of
test there is (Python's, the native unit tests, whole systems) and prints the one summary.
"""

import os
import subprocess
import sys
import time

from resea import output
from resea.errors import UserError

MODES = ("debug", "release")
# Boards that the tests boot, or, of a null port, only build.
BOARDS = ("x64", "example")

# Seconds; a native test that takes longer hangs.
NATIVE_LIMIT = 300


def builds(board):
    """The builds that the tests of a board (None: of all) need, as scons' arguments."""
    boards = BOARDS if board in (None, "all") else (board,)
    return [[f"board={name}", f"build={mode}"] for name in boards for mode in MODES]


def pytest_command(options):
    """pytest on the whole tree, or on what one board or a name selects."""
    jobs = options.number("jobs", os.cpu_count() or 1, 1, 64)
    words = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    words += ["-n", str(jobs), "--dist", "loadgroup"]
    words += ["--board", options.board] if options.board not in (None, "all") else []
    words += ["-k", options.get("tests")] if options.get("tests") else []
    return words


def run(top, options):
    """Builds, then tests; the exit status is pytest's."""
    started = time.monotonic()
    for arguments in builds(options.board):
        done = subprocess.call([sys.executable, sys.argv[0], "-Q", *arguments], cwd=top)
        if done != 0:
            raise UserError("scons test", f"{' '.join(arguments)} does not build; see above")
    print(f"built in {time.monotonic() - started:.0f} s; now testing", flush=True)
    return subprocess.call(pytest_command(options), cwd=top,
                           env={**os.environ, "RESEA_TEST_PREBUILT": "1",
                                "RESEA_SCONS": os.path.abspath(sys.argv[0])})


def run_native(programs):
    """Runs native test programs; shows the output of those that fail. Returns 1 if any does."""
    failed = [name for name, path in programs if not passes(name, path)]
    if not programs:
        raise UserError("scons unittest", "no unit tests are declared there; a SConscript lists "
                        "them as unittests=[…]")
    print(f"{len(programs) - len(failed)} of {len(programs)} test programs passed"
          + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def passes(name, path):
    """Runs one native test program."""
    env = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_leaks=0"}
    try:
        done = subprocess.run([str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", env=env,
                              timeout=NATIVE_LIMIT, check=False)
        status, text = done.returncode, done.stdout
    except subprocess.TimeoutExpired as e:
        status, text = None, (e.stdout or b"").decode("utf-8", "replace")
    print(output.step("TEST", name), flush=True)
    if status == 0:
        return True
    print(text.rstrip())
    print(output.paint(f"{name} failed: " + ("it hangs" if status is None else f"status {status}"),
                       "ERROR"))
    return False
