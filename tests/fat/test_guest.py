"""fatfs on a disk: what mtools have written, and what they read afterwards; a driver that ends
while files are written."""

import os
import re

import pytest

from support import disks

from resea import qemu

# The kinds of disks, with their units and drivers, by board.
UNITS = {"x64": [("ide", "ide0", "ide"), ("virtio", "virtio0", "virtio_blk")],
         "raspi3": [("sd", "sd0", "sdmmc")]}
SIZE_MIB = 64


def boot(machines, kind, image, **setup):
    # Release builds say less while a line is being typed.
    guest = machines.boot("release", disk=f"{kind}:{image}", **setup)
    guest.prompt()
    return guest


def end(guest):
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def task_id(guest, program):
    """The ID of a running program."""
    found = re.search(rf"^\s*(\d+)\s+{program}\s", guest.command("ps"), re.M)
    assert found, f"{program} doesn't run"
    return found[1]


def go_to_and_fro(machines, kind, unit, folder):
    """What mtools have written is changed by the guest, and read by mtools."""
    big = os.urandom(2_000_000)
    image = disks.fat(folder / f"{kind}.img", SIZE_MIB, {
        "hello there.txt": b"Hello from mtools\n", "Folder/big.bin": big, "REPLACED.TXT": b"old"})
    # With little memory, where it can be chosen, the cache is smaller.
    memory = None if machines.board.machine.fixed or kind == "virtio" else "8M"
    guest = boot(machines, kind, image, memory=memory)
    guest.command(f"mount {unit}")
    cache = int(re.search(r"^ *\d+ fatfs +\d+ +\d+ +(\d+)", guest.command("mem"), re.M)[1])
    assert 300 <= cache < 1024 if memory else cache >= 1280
    assert "Hello from mtools" in guest.command(f"cat '/{unit}/HELLO THERE.txt'")
    listed = guest.command(f"ls -l /{unit} /{unit}/folder")
    assert re.search(r"2000000 .*big\.bin", listed), listed
    guest.command(f"mkdir '/{unit}/A new folder'")
    guest.command(f"cp /{unit}/folder/big.bin '/{unit}/A new folder/A copy of it.bin'")
    guest.command(f"write /{unit}/note.txt Hi there")
    guest.command(f"mv /{unit}/note.txt '/{unit}/A new folder/replaced.txt'")
    guest.command(f"mv '/{unit}/A new folder/replaced.txt' /{unit}/replaced.txt")
    guest.command(f"rm '/{unit}/hello there.txt'")
    assert "FAT16" in guest.command("df")
    guest.command(f"umount /{unit}")
    end(guest)
    disks.check(image)
    assert disks.read(image, "A new folder/A copy of it.bin") == big
    assert disks.read(image, "REPLACED.TXT") == b"Hi there\n"
    assert disks.names(image) == ["A new folder", "A new folder/A copy of it.bin", "Folder",
                                  "Folder/big.bin", "REPLACED.TXT"]


@pytest.mark.programs("fatfs")
def test_files_go_to_and_fro(machines, tmp_path):
    for kind, unit, _ in UNITS[machines.board.name]:
        go_to_and_fro(machines, kind, unit, tmp_path)


def kill_drivers(machines, kind, unit, driver, folder):
    """A disk's driver is killed while files are copied: twice."""
    big = os.urandom(16_000_000)
    image = disks.fat(folder / f"{kind}.img", SIZE_MIB, {"big.bin": big}, "-F", "32")
    guest = boot(machines, kind, image)
    guest.command(f"mount {unit}")
    for copy in range(2):
        guest.send(f"cp /{unit}/big.bin /{unit}/copy{copy}.bin &\n")
        guest.prompt()
        guest.send(f"kill {task_id(guest, driver)}\n")
        # It was at work.
        guest.expect(f"{unit}: the driver was restarted")
        guest.expect("cp has ended")
    guest.command(f"umount /{unit}")
    end(guest)
    disks.check(image)
    for copy in range(2):
        assert disks.read(image, f"copy{copy}.bin") == big


@pytest.mark.programs("fatfs")
def test_a_driver_that_is_killed_costs_nothing(machines, tmp_path):
    for kind, unit, driver in UNITS[machines.board.name]:
        kill_drivers(machines, kind, unit, driver, tmp_path)


@pytest.mark.programs("fatfs")
def test_a_file_system_that_is_killed_costs_nothing(machines, tmp_path):
    """fatfs itself is killed while a file is copied, when it has got more and more messages: the
    copy is made again. What was flushed before is there."""
    kind, unit, _ = UNITS[machines.board.name][-1]
    big = os.urandom(4_000_000)
    image = disks.fat(tmp_path / "disk.img", SIZE_MIB, {"big.bin": big}, "-F", "32")
    guest = boot(machines, kind, image)
    guest.command(f"mount {unit}")
    kills = (1, 2, 4, 8, 16, 32)
    for copy, messages in enumerate(kills):
        guest.send(f"cp /{unit}/big.bin /{unit}/copy{copy}.bin &\n")
        guest.prompt()
        guest.send(f"kill {guest.busy_task('fatfs', messages)}\n")
        guest.expect("cp has ended")
    guest.command("sync")
    guest.command(f"umount /{unit}")
    end(guest)
    assert "cp exited" not in guest.text()
    # It is as after power cuts: what wasn't flushed has left clusters behind.
    disks.run("fsck.fat", "-a", image, check=False)
    disks.check(image)
    for copy in range(len(kills)):
        assert disks.read(image, f"copy{copy}.bin") == big
