"""`scons test` and `scons unittest`.

`scons test` builds all that the tests boot, then hands over to pytest, which runs every kind of
test there is (Python's, the native unit tests, whole systems). Its summary and a table by boards
come last.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from resea import matrix, output, testreport
from resea.errors import UserError

# Seconds; a native test that takes longer hangs.
NATIVE_LIMIT = 300


def builds(boards, external):
    """The builds that the tests of some boards need, as scons' arguments."""
    outside = [f"external={':'.join(map(str, external))}"] if external else []
    return [[*outside, f"board={board.name}", f"build={mode}"]
            for board in boards for mode in matrix.MODES]


def build(top, arguments):
    """Makes one of the builds; its output is only shown if it fails. Returns whether it went
    well."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, sys.argv[0], "-Q", *arguments], cwd=top,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    what = " ".join(arguments)
    if done.returncode == 0:
        print(output.step("BUILT", f"{what} ({time.monotonic() - started:.0f} s)"), flush=True)
    else:
        print(f"{done.stdout}\n{output.paint('failed:', 'ERROR')} {what}", flush=True)
    return done.returncode == 0


def build_all(top, wanted, jobs):
    """Makes all builds, several at once: what one scons does alone (reading, the last steps)
    leaves CPUs idle."""
    with ThreadPoolExecutor(jobs) as pool:
        fine = list(pool.map(lambda arguments: build(top, arguments), wanted))
    failed = [" ".join(arguments) for arguments, good in zip(wanted, fine) if not good]
    if failed:
        raise UserError("scons test", f"does not build: {', '.join(failed)}; see above")


def pytest_command(options, jobs):
    """pytest on the whole tree, or on what one board or a name selects."""
    words = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    words += ["-n", str(jobs), "--dist", "loadgroup"]
    words += ["--board", options.board] if options.board not in (None, "all") else []
    words += [f"--external={folder}" for folder in options.external]
    words += ["-k", options.get("tests")] if options.get("tests") else []
    return words


def run(top, options):
    """Builds, tests, and shows the report; the exit status is pytest's."""
    jobs = options.number("jobs", os.cpu_count() or 1, 1, 64)
    boards = matrix.pick(matrix.load(top, options.external), options.board)
    testreport.path(top).unlink(missing_ok=True)
    started = time.monotonic()
    build_all(top, builds(boards, options.external), jobs)
    building = time.monotonic() - started
    print(f"built in {building:.0f} s; now testing", flush=True)
    status = subprocess.call(pytest_command(options, jobs), cwd=top,
                             env={**os.environ, "RESEA_TEST_PREBUILT": "1",
                                  "RESEA_SCONS": os.path.abspath(sys.argv[0])})
    print("\n".join(testreport.show(top, building)), flush=True)
    return status


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
