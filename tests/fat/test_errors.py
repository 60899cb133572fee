"""Disks that fail under fatfs: the program that meets an error hears of it, what isn't concerned
goes on, and so does everybody else."""

import os

import pytest

from resea import qemu
from support import disks

pytestmark = pytest.mark.board("x64")

SIZE_MIB = 16
FAILED = "the disk has failed, or is damaged"


def drives(kind, paths):
    """QEMU's options for disks of a kind."""
    words = []
    for number, path in enumerate(paths):
        device = {"virtio": "virtio-blk-pci", "ide": f"ide-hd,bus=ide.{number}"}[kind]
        words += ["-drive", f"if=none,id=d{number},format=raw,file={path}",
                  "-device", f"{device},drive=d{number}"]
    return words


@pytest.mark.programs("fatfs")
@pytest.mark.parametrize("kind, driver", [("virtio", "virtio_blk"), ("ide", "ide")])
def test_errors_are_told_and_harm_nobody_else(machines, tmp_path, kind, driver):
    content = os.urandom(100_000)
    bad, good = (disks.fat(tmp_path / f"{name}.img", SIZE_MIB, {
        "unreadable.bin": content, "log.txt": b"first\n", "good.bin": content})
        for name in ("bad", "good"))
    path = disks.injected(bad, [("read", disks.place_of(bad, "unreadable.bin") + 100),
                                ("write", disks.place_of(bad, "log.txt"))])
    guest = machines.boot("release", extra=drives(kind, [path, good]))
    guest.expect_all([f"{kind}{number} is mounted at /{kind}{number}" for number in range(2)])
    guest.prompt()
    guest.command("echo ready")
    guest.command(f"cd /{kind}0")

    # What can't be read, with all that lies around it.
    assert FAILED in guest.command(f"cp unreadable.bin /{kind}1/copy.bin")
    assert "cp exited with status 1" in guest.text()
    assert guest.command(f"cp good.bin /{kind}1/copy.bin") == ""
    # What can't be written is told by the flush, and by no one later.
    assert FAILED in guest.command("write -a log.txt second")
    for _ in range(2):
        guest.command("sync")
    assert guest.command("write new.txt fine") == ""
    assert guest.command(f"write /{kind}1/new.txt fine") == ""
    assert f"[{driver}] WARN: {kind}0: " in guest.text()
    assert f"[fatfs] WARN: {kind}0: the disk has failed" in guest.text()
    assert f"{kind}1: the disk" not in guest.text()

    guest.command("cd /")
    assert guest.command(f"umount /{kind}0; umount /{kind}1") == ""
    assert "ended: restart" not in guest.text()
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
    for image in (bad, good):
        disks.check(image)
        assert disks.read(image, "new.txt") == b"fine\n"
        assert disks.read(image, "good.bin") == content
    assert disks.read(good, "copy.bin") == content


@pytest.mark.programs("fatfs")
@pytest.mark.parametrize("kind", ["virtio", "ide"])
def test_a_volume_that_cant_be_read_isnt_mounted(machines, tmp_path, kind):
    """Its neighbour is. One whose table can't be written can be unmounted the second time only."""
    unreadable, unwritable = (disks.fat(tmp_path / f"{name}.img", SIZE_MIB, {
        "file.txt": b"hello\n"}) for name in ("unreadable", "unwritable"))
    # The table lies behind the reserved sectors.
    table = int.from_bytes(unwritable.read_bytes()[14:16], "little")
    guest = machines.boot("release", extra=drives(kind, [
        disks.injected(unreadable, [("read", 0)]), disks.injected(unwritable, [("write", table)])]))
    guest.expect_all([f"{kind}1 is mounted at /{kind}1"])
    guest.prompt()
    guest.command("echo ready")
    assert FAILED in guest.command(f"mount {kind}0")
    assert "hello" in guest.command(f"cat /{kind}1/file.txt")
    assert FAILED in guest.command(f"write /{kind}1/new.txt lost")
    assert "hello" in guest.command(f"cat /{kind}1/file.txt")
    assert FAILED in guest.command(f"umount /{kind}1")
    guest.command(f"umount /{kind}1")
    assert "no such file" in guest.command(f"cat /{kind}1/file.txt")
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
    assert disks.read(unwritable, "file.txt") == b"hello\n"
