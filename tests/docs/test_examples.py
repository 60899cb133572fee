"""The library and the driver that the book writes, in a folder outside of the tree, work."""

import pytest

from resea import qemu
from support import book, builds

# One group: its tests share a build folder.
pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy, pytest.mark.xdist_group("book")]

PAGES = ("writing-a-library", "writing-a-driver")
BOARD = "my_board"


def blocks(action):
    """The marked blocks of both pages."""
    text = "\n".join((builds.TOP / "docs" / f"{page}.md").read_text(encoding="utf-8")
                     for page in PAGES)
    return [block for block in book.blocks(text) if block.action == action]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a reader has written."""
    top = tmp_path_factory.mktemp("book")
    for block in blocks("file"):
        book.apply(block, top)
    return top / "my-resea"


def test_unit_test_of_the_library(folder):
    done = builds.scons(f"external={folder}", f"board={BOARD}", "unittest",
                        f"target={folder}/libs/checksum")
    assert done.returncode == 0, done.stdout
    assert "1 of 1 test programs passed" in done.stdout


def test_driver(machines, folder):
    guest = machines.boot(folder=builds.build(BOARD, "debug", f"external={folder}"))
    guest.prompt()
    for block in blocks("guest"):
        for command, expected in block.commands("resea> "):
            text = guest.command(command)
            assert [line for line in expected if line not in text] == [], text
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
