"""The build as a user sees it: what it prints, and how long it takes to find nothing to do."""

import os
import re
import subprocess
import time

import pytest

from resea import network
from support import builds, selection


@pytest.mark.board("x64")
def test_a_null_build_does_nothing(report):
    builds.build("x64", "debug")
    started = time.monotonic()
    done = builds.scons("board=x64", "build=debug")
    report(f"null build: {time.monotonic() - started:.1f} s (beside other tests)")
    assert done.returncode == 0
    assert " CC " not in done.stdout and " LD " not in done.stdout, done.stdout


@pytest.mark.board("example")
def test_the_null_port_builds(mode):
    assert builds.build("example", mode).is_dir()


@pytest.mark.heavy(100)
def test_native_unit_tests(report):
    done = builds.scons("unittest")
    assert done.returncode == 0, done.stdout
    report("native unit tests: " + done.stdout.strip().splitlines()[-1])


@pytest.mark.heavy(150)
def test_style_and_static_checks(request):
    """Everything on the PC, then of each other board what the PC doesn't have."""
    others = [name for name in request.config.stash[selection.BOARDS] if name != "x64"]
    for arguments in [["board=x64"], *([f"board={name}", "beyond=x64"] for name in others)]:
        done = builds.scons(*arguments, "check")
        assert done.returncode == 0, done.stdout


MISTAKES = [
    (["board=x46"], "command line: board=x46: unknown board 'x46'; did you mean 'x64'?"),
    (["bord=x64"], "command line: unknown option 'bord'; did you mean 'board'?"),
    (["build=fast"], "command line: build=fast: unknown value; valid: debug, release"),
    (["board=x64", "runn"], "command line: unknown command 'runn'; did you mean 'run'?"),
    (["board=x64", "cpus=17", "run"], "command line: cpus=17: expects a number from 1 to 16"),
    (["board=x64", "cpus=many", "run"], "command line: cpus=many: expects a number from 1 to 16"),
    (["board=x64", "accel=hvf", "run"], "command line: accel=hvf: unknown value; valid: kvm, tcg"),
    (["board=x64", "CONFIG_NUM_TASK=3"],
     "command line: CONFIG_NUM_TASK=3: unknown option 'CONFIG_NUM_TASK'; "
     "did you mean 'CONFIG_NUM_TASKS'?"),
    (["board=x64", "CONFIG_NUM_TASKS=many"],
     "command line: CONFIG_NUM_TASKS=many: expects a number, not 'many'"),
    (["external=/no/such/folder"],
     "command line: external=/no/such/folder: there is no folder /no/such/folder"),
    (["soak", "minutes=0"], "command line: minutes=0: expects a number from 1 to 10080"),
    (["board=x64", "unittest", "target=servers/shel"],
     "command line: target=servers/shel: unknown component 'servers/shel'; "
     "did you mean 'servers/shell'?"),
]


@pytest.mark.parametrize("arguments, text", MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_on_the_command_line(arguments, text):
    done = builds.scons(*arguments)
    assert done.returncode != 0
    errors = [line for line in done.stdout.splitlines() if line.startswith("error:")]
    assert errors == ["error: " + text]
    assert "Traceback" not in done.stdout


RUN_MISTAKES = [
    ("net=tap", f"command line: net=tap: expects {network.NETWORK_HELP}"),
    ("disk=/no/disk.img", "command line: disk=/no/disk.img: there is no such file; make one, "
     "for example: truncate -s 64M /no/disk.img"),
]


@pytest.mark.board("x64")
@pytest.mark.parametrize("argument, text", RUN_MISTAKES)
def test_mistakes_in_the_options_of_run(argument, text):
    builds.build("x64", "debug")
    done = builds.scons("board=x64", argument, "run")
    assert done.returncode != 0 and "error: " + text in done.stdout.splitlines()


@pytest.mark.heavy(40)
@pytest.mark.board("x64")
def test_bench_prints_metrics_of_the_release_build():
    done = builds.scons("board=x64", "bench")
    assert done.returncode == 0, done.stdout
    assert "\nmetric ipc.roundtrip " in done.stdout
    assert (builds.BUILD / "x64-release/logs/bench.log").is_file()
    # Each system call's longest path, and what the integrated tests never make is not to be had.
    header = (builds.TOP / "libs/common/include/kernel_abi.h").read_text(encoding="utf-8")
    calls = {name.lower() for name in re.findall(r"SYS_(\w+) = \d", header)}
    measured = set(re.findall(r"^metric latency\.max\.(\w+) ", done.stdout, re.MULTILINE))
    calls.remove("trace")  # A release build has no tracer.
    assert calls <= measured
    assert {"irq", "timer", "page_fault", "exception"} <= measured


def test_help_lists_commands_and_options():
    done = builds.scons("--help")
    assert done.returncode == 0
    for word in ("run", "test", "bench", "debug", "iso", "cloudimage", "bochs",
                 "doctor", "board=", "gui=0|1"):
        assert word in done.stdout


def test_a_missing_tool_is_named_with_what_to_do(tmp_path):
    """A PATH without grub-mkrescue; everything else that a build needs is there."""
    for folder in ("/usr/bin", "/bin"):
        for name in os.listdir(folder):
            link = tmp_path / name
            if name != "grub-mkrescue" and not link.is_symlink():
                link.symlink_to(os.path.join(folder, name))
    done = subprocess.run(builds.scons_command("board=x64", "iso"), cwd=builds.TOP,
                          env={**os.environ, "PATH": str(tmp_path)}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=builds.BUILD_LIMIT, check=False)
    assert done.returncode != 0
    assert ("error: scons iso: grub-mkrescue is missing; run ./bootstrap scons board=x64 iso, "
            "or install grub-common and grub-pc-bin") in done.stdout.splitlines()
