"""Follows the book's tutorial step by step, in a copy of the tree, as a reader would."""

import os
import re
import shutil
import subprocess

import pytest

from resea import qemu
from support import book, builds

pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy(120)]

PAGE = builds.TOP / "docs" / "tutorial.md"
LIMIT = 900


def copy_of_tree(folder):
    """The tree as it was before the tutorial: without its server, and with nothing built."""
    ignore = shutil.ignore_patterns("build", ".git", "__pycache__", "compile_commands.json")
    shutil.copytree(builds.TOP, folder, ignore=ignore, symlinks=True)
    return folder


def run_commands(block, tree):
    """Runs the reader's commands; each must succeed and print what the page shows."""
    for command, expected in block.commands("$ "):
        words = re.sub(r"^(\./bootstrap )?scons", " ".join(builds.scons_command()), command)
        done = subprocess.run(words, shell=True, cwd=tree, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=LIMIT, check=False)
        assert done.returncode == 0, f"line {block.line}: {command}\n{done.stdout}"
        for line in expected:
            assert line.strip() in done.stdout, f"line {block.line}: no '{line}'\n{done.stdout}"


def type_commands(block, guest):
    """Types at the guest's prompt; what the page shows must come out."""
    for command, expected in block.commands("resea> "):
        text = guest.command(command)
        for line in expected:
            assert line.strip() in text, f"line {block.line}: no '{line}' in:\n{text}"


def test_tutorial_from_empty_folder_to_running_server(machines, tmp_path):
    tree = copy_of_tree(tmp_path / "resea")
    guest = None
    for block in book.blocks(PAGE.read_text(encoding="utf-8")):
        if block.action in ("file", "append"):
            book.apply(block, tree)
        elif block.action == "run":
            run_commands(block, tree)
        else:
            guest = guest or boot(machines, tree)
            type_commands(block, guest)
    assert guest, f"{PAGE} never gets to the running system"
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def boot(machines, tree):
    """Boots what the reader has built."""
    folder = builds.build("x64", "debug")
    image = tree / "build" / "x64-debug" / "resea.img"
    assert os.path.exists(image)
    guest = machines.start(qemu.command(machines.board.machine, qemu.Setup(), image), folder)
    guest.prompt()
    return guest
