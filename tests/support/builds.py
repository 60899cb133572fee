"""Builds, as the tests use them: made by scons itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build"

# Set by `scons test`, which has built everything before it starts pytest.
PREBUILT = "RESEA_TEST_PREBUILT"

# Folders outside the tree from which boards are tested, too (pytest's --external).
EXTERNAL = []

# Seconds that a build may take on a busy machine.
BUILD_LIMIT = 1200


def scons_command(*arguments):
    """A scons command line that runs on the same Python as the tests do."""
    program = os.environ.get("RESEA_SCONS") or "/usr/bin/scons"
    return [sys.executable, program, "-Q", *arguments]


def scons(*arguments, cwd=TOP):
    """Runs scons; returns the finished process with its whole output as text."""
    return subprocess.run(scons_command(*arguments), cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=BUILD_LIMIT, check=False)


def build(board, mode, *arguments):
    """The folder of a board's build; makes it unless `scons test` has just done so."""
    if PREBUILT not in os.environ or arguments:
        outside = [f"external={':'.join(map(str, EXTERNAL))}"] if EXTERNAL else []
        done = scons(f"board={board}", f"build={mode}", *outside, *arguments)
        assert done.returncode == 0, f"building {board} ({mode}) failed:\n{done.stdout}"
    return BUILD / f"{board}-{mode}"


def config(board, mode):
    """The options of a board's build, CONFIG_NAME: value as text."""
    text = (build(board, mode) / "include" / "config.h").read_text(encoding="utf-8")
    return {name: value.strip() for name, value in re.findall(r"^#define (\w+)(.*)", text, re.M)}
