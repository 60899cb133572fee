"""Disks that are mounted by themselves, and commands for files on them; mtools look afterwards."""

import os
import re

import pytest

from resea import qemu
from support import disks


def started(machines, disk):
    """A system whose disks have been mounted."""
    guest = machines.boot(disk=disk)
    guest.expect_all(["virtio0p1 is mounted at /virtio0p1", "ide0 is mounted at /ide0"])
    guest.prompt()
    guest.command("echo ready")
    return guest


def test_disks_are_mounted_and_used(machines, tmp_path):
    big = os.urandom(3 << 20)
    volume = disks.fat(tmp_path / "volume.img", 40, {
        "Songs/A long name with spaces.txt": b"la la\n", "big.bin": big})
    table = tmp_path / "table.img"
    [(start, _)] = disks.partitioned(table, 64, [("c", volume)])
    whole = disks.fat(tmp_path / "whole.img", 2, {"HELLO.TXT": b"hello\n"})
    guest = started(machines, f"virtio:{table},ide:{whole}")
    # The disk with the partition isn't mounted itself.
    assert "virtio0/" not in guest.command("ls -1 /")
    assert "ide0/" in guest.command("ls -1 /")
    assert "hello" in guest.command("cat /ide0/hello.txt")
    guest.command("cd /virtio0p1/songs")
    assert "A long name with spaces.txt" in guest.command("ls -1")
    assert "la la" in guest.command("cat *spaces*")

    # Between volumes, and within one; a directory with all that is in it.
    guest.command("cp -r /virtio0p1/songs /ide0/copy")
    guest.command("mv /ide0/hello.txt .")
    guest.command("mv hello.txt 'Hello again.txt'")
    guest.command("write -a 'Hello again.txt' and again")
    guest.command("mkdir -p /ide0/a/b")
    guest.command("write /ide0/a/b/f text")

    # More than there is room for: an error, and nothing else is harmed.
    assert "no space is left" in guest.command("cp ../big.bin /ide0")
    guest.command("rm /ide0/big.bin")
    assert "virtio0p1" in guest.command("df")

    # A file system that ends comes back, and is told of its volumes.
    guest.command("sync")
    task = next(line.split()[0] for line in guest.command("ps").splitlines()
                if " fatfs " in line)
    guest.send(f"kill {task}\n")
    guest.expect("started fatfs ")
    guest.command("echo it is back")
    assert "and again" in guest.command("cat 'hello again.txt'")
    assert "text" in guest.command("cat /ide0/a/b/f")
    guest.command("cp /virtio0p1/big.bin copy.bin")

    guest.command("cd /")
    assert guest.command("umount /virtio0p1; umount /ide0") == ""
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
    disks.check(whole)
    disks.check(table, start)
    assert disks.read(whole, "copy/A long name with spaces.txt") == b"la la\n"
    assert disks.read(whole, "a/b/f") == b"text\n"
    assert "HELLO.TXT" not in disks.names(whole)
    assert disks.read(table, "Songs/Hello again.txt", start) == b"hello\nand again\n"
    assert disks.read(table, "Songs/copy.bin", start) == big


@pytest.mark.parametrize("count", [1, 4])
def test_a_script_finds_what_is_mounted(machines, tmp_path, count):
    """Its first command is about a file on a disk."""
    image = disks.fat(tmp_path / "disk.img", 2, {"HELLO.TXT": b"hello\n"})
    guest = machines.boot("release", disk=f"virtio:{image}", cpus=count,
                          cmdline='run="cat /virtio0/hello.txt; ls /virtio0"')
    assert guest.wait() == qemu.EXIT_SUCCESS
    assert re.search(r"^hello$", guest.text(), re.MULTILINE)
    assert re.search(r"^HELLO.TXT", guest.text(), re.MULTILINE | re.IGNORECASE)
