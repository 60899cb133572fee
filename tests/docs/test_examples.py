"""The programs that the book writes in folders outside of the tree work as it says."""

import pytest

from resea import qemu
from support import book, builds

# One group each: its tests share a build folder.
pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy]
IN_MY_RESEA = pytest.mark.xdist_group("my_board")


def blocks(action, *pages):
    """The marked blocks of some pages."""
    text = "\n".join((builds.TOP / "docs" / f"{page}.md").read_text(encoding="utf-8")
                     for page in pages)
    return [block for block in book.blocks(text) if block.action == action]


def write_files(folder, *pages):
    """Writes what a reader would."""
    for block in blocks("file", *pages):
        book.apply(block, folder)
    return folder


def boot(machines, board, external):
    """Boots a board of an external folder."""
    guest = machines.boot(folder=builds.build(board, "debug", f"external={external}"))
    guest.prompt()
    return guest


def follow(guest, *pages):
    """Types what the pages say, and compares what comes out."""
    for block in blocks("guest", *pages):
        for command, expected in block.commands("resea> "):
            text = guest.command(command)
            assert [line for line in expected if line not in text] == [], text
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.fixture(scope="module")
def my_resea(tmp_path_factory):
    """The library and the driver."""
    return write_files(tmp_path_factory.mktemp("book"), "writing-a-library",
                       "writing-a-driver") / "my-resea"


@IN_MY_RESEA
def test_unit_test_of_the_library(my_resea):
    done = builds.scons(f"external={my_resea}", "board=my_board", "unittest",
                        f"target={my_resea}/libs/checksum")
    assert done.returncode == 0, done.stdout
    assert "1 of 1 test programs passed" in done.stdout


@IN_MY_RESEA
def test_driver(machines, my_resea):
    follow(boot(machines, "my_board", my_resea), "writing-a-driver")


def test_recipes(machines, tmp_path):
    external = write_files(tmp_path, "recipes", "sockets") / "recipes"
    follow(boot(machines, "recipes", external), "recipes", "sockets")
