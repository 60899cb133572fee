"""A board and servers from outside the tree: the documents' sample programs, and supervision."""

import shutil

import pytest

from resea import qemu
from support import builds

# One group: its tests share a build folder, and so must not run side by side.
pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy(60), pytest.mark.xdist_group("samples")]

SAMPLES = builds.TOP / "tests" / "external"
BOARD = "samples"


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """The samples, copied out of the tree, and their build folder."""
    folder = tmp_path_factory.mktemp("outside") / "samples"
    shutil.copytree(SAMPLES, folder)
    return folder, builds.build(BOARD, "debug", f"external={folder}")


def test_sample_programs_run(machines, outside):
    guest = machines.boot(folder=outside[1])
    guest.prompt()
    guest.expect_all([
        "starting a timer!", "task's uptime: 1 seconds", "task's uptime: 2 seconds",
        "path = /no-such-file", "path = /hello.txt", "read 12 bytes: 'from ...'",
        "received async message 1!", "received async message 2!"])
    guest.send("sample_callers\n")
    guest.expect("sample.rand answered 123456789")
    guest.expect("sample.flaky died 4 times in 20 calls")
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_a_server_that_only_knows_fs_has_files(machines, outside):
    # Others print meanwhile. That the file can be removed tells that nobody has it open any more.
    guest = machines.boot(folder=outside[1],
                          cmdline='run="sample_files; cat /sample.txt; rm /left-open.txt"')
    guest.expect("it has 19 bytes")
    guest.expect("read 'by messages'")
    guest.expect("closing it again: ERR_NOT_FOUND")
    guest.expect("^written by messages")
    guest.expect("rm exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_unit_test_of_a_server_outside(outside):
    folder = outside[0]
    done = builds.scons(f"external={folder}", f"board={BOARD}", "unittest",
                        f"target={folder}/servers/sample_math")
    assert done.returncode == 0, done.stdout
    assert "1 of 1 test programs passed" in done.stdout


def test_a_failing_unit_test_is_told(outside):
    folder = outside[0]
    path = folder / "servers/sample_math/tests/math_test.c"
    good = path.read_text()
    path.write_text(good.replace("add(1, 1), 2)", "add(1, 2), 2)", 1))
    try:
        done = builds.scons(f"external={folder}", f"board={BOARD}", "unittest",
                            f"target={folder}/servers/sample_math")
    finally:
        path.write_text(good)
    assert done.returncode != 0
    assert "sample_math failed: status 1" in done.stdout
