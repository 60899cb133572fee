"""What is told about disks: real lsblk, on /sys, /proc and /dev of machines that don't exist."""

import os
import shutil
import sys

import pytest

from resea import blockdev
from resea.errors import UserError

GIB = 1 << 30
SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority"
linux = pytest.mark.skipif(sys.platform != "linux" or not shutil.which("lsblk"),
                           reason="lsblk is Linux'")


class Machine:
    """A tree that looks like a machine's root to lsblk --sysroot."""

    def __init__(self, root):
        self.root = root
        self.mounts = []
        for name in ("sys/block", "sys/dev/block", "proc/self", "dev"):
            (root / name).mkdir(parents=True)
        self.finish()

    def put(self, path, text):
        """A file below the root."""
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def disk(self, name, number, size, removable=False, read_only=False, bus="usb1/1-1", **device):
        """A disk; `device` are files of its device folder in sysfs."""
        device_folder = f"sys/devices/{bus}/{name}"
        self.block(f"{device_folder}/block/{name}", name, number, size)
        self.put(f"{device_folder}/block/{name}/removable", int(removable))
        self.put(f"{device_folder}/block/{name}/ro", int(read_only))
        for key, text in device.items():
            self.put(f"{device_folder}/{key}", text)
        link(self.root / f"{device_folder}/block/{name}/device", self.root / device_folder)
        link(self.root / f"sys/block/{name}", self.root / f"{device_folder}/block/{name}")
        return f"{device_folder}/block/{name}"

    def part(self, disk, name, number, size, label=None, mount=None):
        """A partition of what disk() has returned."""
        self.block(f"{disk}/{name}", name, number, size)
        self.put(f"{disk}/{name}/partition", 1)
        self.put(f"{disk}/{name}/start", 2048)
        self.put(f"{disk}/{name}/ro", 0)
        if label:
            self.put(f"dev/{name}", f"ID_FS_TYPE=vfat\nID_FS_LABEL={label}\n"
                                    f"ID_FS_LABEL_ENC={label}")
        if mount:
            self.mounts.append(f"{20 + len(self.mounts)} 1 {number} / {mount} rw - vfat "
                               f"/dev/{name} rw")
        self.finish()

    def block(self, folder, name, number, size):
        """What disks and partitions have in common."""
        self.put(f"{folder}/dev", number)
        self.put(f"{folder}/size", size // 512)
        self.put(f"dev/{name}", "")
        (self.root / folder / "holders").mkdir()
        link(self.root / f"sys/dev/block/{number}", self.root / folder)

    def finish(self):
        """Writes down what is mounted."""
        self.put("proc/self/mountinfo", "\n".join(self.mounts))
        self.put("proc/swaps", SWAPS)

    def swap(self, name):
        """Something is swap space."""
        self.put("proc/swaps", f"{SWAPS}\n/dev/{name}\tpartition\t1000\t0\t-2")

    def inspect(self, path):
        """What the code under test makes of it."""
        return blockdev.inspect(path, str(self.root))


def link(path, target):
    path.symlink_to(os.path.relpath(target, path.parent))


@pytest.fixture
def machine(tmp_path):
    """A machine with a system disk, and a card of 32 GB in a reader."""
    found = Machine(tmp_path / "machine")
    system = found.disk("sda", "8:0", 512 * GIB, bus="pci0/ata1", vendor="ATA", model="INTERNAL")
    found.part(system, "sda1", "8:1", GIB, mount="/boot/efi")
    found.part(system, "sda2", "8:2", 500 * GIB, mount="/")
    card = found.disk("sdb", "8:16", 32 * GIB, removable=True, vendor="Generic", model="STORAGE")
    found.part(card, "sdb1", "8:17", 4 * GIB, label="PHOTOS")
    found.part(card, "sdb2", "8:18", 28 * GIB)
    return found


def problems(disk, needed=64 << 20):
    """(objections, doubts)"""
    return blockdev.objections(disk, needed), blockdev.doubts(disk)


@linux
def test_a_card_in_a_reader_is_welcome(machine):
    disk = machine.inspect("/dev/sdb")
    assert problems(disk) == ([], []) and disk.number == "8:16"
    assert blockdev.describe(disk) == [
        "/dev/sdb, Generic STORAGE, 32.0 GiB, removable",
        '  /dev/sdb1, 4.0 GiB, vfat, "PHOTOS"', "  /dev/sdb2, 28.0 GiB"]


@linux
def test_a_mounted_card_is_refused_unless_told(machine):
    machine.part("sys/devices/usb1/1-1/sdb/block/sdb", "sdb3", "8:19", GIB, "CAMERA", "/media/me/C")
    disk = machine.inspect("/dev/sdb")
    assert problems(disk) == ([], ["it is mounted (/media/me/C)"])
    assert '  /dev/sdb3, 1.0 GiB, vfat, "CAMERA", mounted at /media/me/C' in blockdev.describe(disk)


@linux
def test_the_system_s_disk_is_refused_whatever_is_told(machine):
    found, _ = problems(machine.inspect("/dev/sda"))
    assert found == ["the running system is on it (/, /boot/efi)"]


@linux
def test_a_removable_disk_can_be_the_system_s_too(machine):
    disk = machine.disk("sdc", "8:32", 32 * GIB, removable=True)
    machine.part(disk, "sdc1", "8:33", GIB)
    machine.swap("sdc1")
    assert problems(machine.inspect("/dev/sdc"))[0] == ["the running system is on it ([SWAP])"]


@linux
def test_a_volume_within_a_volume_counts(machine):
    """An encrypted disk: / is on what is made of its partition."""
    disk = machine.disk("sdd", "8:48", 32 * GIB, removable=True)
    machine.part(disk, "sdd1", "8:49", GIB)
    machine.block("sys/devices/virtual/block/dm-0", "dm-0", "254:0", GIB)
    machine.put("sys/devices/virtual/block/dm-0/dm/name", "secret")
    machine.put("sys/devices/virtual/block/dm-0/dm/uuid", "CRYPT-LUKS2-1-secret")
    machine.put("sys/devices/virtual/block/dm-0/ro", 0)
    link(machine.root / "sys/block/dm-0", machine.root / "sys/devices/virtual/block/dm-0")
    for folder, name, to in ((f"{disk}/sdd1/holders", "dm-0", "sys/devices/virtual/block/dm-0"),
                             ("sys/devices/virtual/block/dm-0/slaves", "sdd1", f"{disk}/sdd1")):
        (machine.root / folder).mkdir(exist_ok=True)
        link(machine.root / folder / name, machine.root / to)
    machine.mounts = ["30 1 254:0 / / rw - ext4 /dev/mapper/secret rw"]
    machine.finish()
    assert problems(machine.inspect("/dev/sdd"))[0] == ["the running system is on it (/)"]


@linux
def test_a_partition_is_no_card(machine):
    found, _ = problems(machine.inspect("/dev/sdb1"))
    assert found == ["it is a partition; the card is /dev/sdb"]


@linux
def test_a_disk_that_stays_is_refused_unless_told(machine):
    machine.disk("sde", "8:64", GIB, bus="pci0/ata2")
    assert problems(machine.inspect("/dev/sde")) == (
        [], ["it is not removable: cards and card readers are"])


@linux
def test_a_card_in_a_built_in_slot_is_removable_and_a_soldered_one_is_not(machine):
    machine.disk("mmcblk0", "179:0", 8 * GIB, bus="platform/mmc0", type="MMC")
    machine.disk("mmcblk1", "179:8", 8 * GIB, bus="platform/mmc1", type="SD")
    assert not machine.inspect("/dev/mmcblk0").removable
    assert machine.inspect("/dev/mmcblk1").removable


@linux
def test_an_empty_reader_a_small_card_and_a_locked_one(machine):
    machine.disk("sdf", "8:80", 0, removable=True)
    machine.disk("sdg", "8:96", 32 << 20, removable=True, read_only=True)
    assert problems(machine.inspect("/dev/sdf"))[0] == ["there is no card in the reader"]
    assert problems(machine.inspect("/dev/sdg"))[0] == [
        "it is too small: 32.0 MiB, but the image has 64.0 MiB",
        "it can't be written to; look for a write protect switch on the card"]


@linux
def test_a_name_that_is_none_names_the_cards(machine):
    with pytest.raises(UserError) as e:
        machine.inspect("/dev/sdz")
    assert str(e.value) == ("device=/dev/sdz: there is no such disk or file; cards in this "
                            "machine: /dev/sdb (Generic STORAGE, 32.0 GiB)")


@linux
def test_this_machine_s_own_system_disk_is_refused():
    """No fake: whatever / is on here, if lsblk knows it, must be refused."""
    for disk in blockdev.disks().values():
        if disk.kind == "disk" and "/" in disk.all_mounts():
            assert blockdev.objections(disk, 1)


@linux
def test_a_link_leads_to_its_disk_and_a_file_stands_for_a_card(machine, tmp_path):
    (tmp_path / "by-id").symlink_to("/dev/sdb")
    assert machine.inspect(str(tmp_path / "by-id")).path == "/dev/sdb"
    (tmp_path / "card.img").write_bytes(bytes(100))
    disk = machine.inspect(str(tmp_path / "card.img"))
    assert (disk.kind, disk.size) == ("file", 100) and problems(disk, 100) == ([], [])
    assert problems(disk, 101)[0] == ["it is too small: 100 B, but the image has 101 B"]


def test_what_a_mac_tells(monkeypatch):
    """The keys are those of diskutil(8); no test has ever run on a Mac."""
    info = {"DeviceIdentifier": "disk4", "Size": 32 * GIB, "MediaName": "SD Card Reader ",
            "RemovableMedia": True, "Internal": True, "WritableMedia": True}
    listed = {"AllDisksAndPartitions": [{"DeviceIdentifier": "disk4", "Partitions": [
        {"DeviceIdentifier": "disk4s1", "Size": GIB, "Content": "DOS_FAT_32",
         "VolumeName": "PHOTOS", "MountPoint": "/Volumes/PHOTOS"}]}]}
    monkeypatch.setattr(blockdev.sys, "platform", "darwin")
    monkeypatch.setattr(blockdev, "_diskutil",
                        lambda verb, *names: info if verb == "info" else listed)
    disk = blockdev.disks()["/dev/disk4"]
    assert blockdev.describe(disk) == [
        "/dev/disk4, SD Card Reader, 32.0 GiB, removable",
        '  /dev/disk4s1, 1.0 GiB, DOS_FAT_32, "PHOTOS", mounted at /Volumes/PHOTOS']
    assert problems(disk) == ([], ["it is mounted (/Volumes/PHOTOS)"])
    info.update(RemovableMedia=False)
    assert not blockdev.disks()["/dev/disk4"].removable
    assert blockdev.disks()["/dev/disk4s1"].whole == "/dev/disk4"


@linux
def test_unmounting_tells_what_is_in_the_way(tmp_path):
    disk = blockdev.Disk("/dev/sdb", "disk", 1, mounts=[str(tmp_path)])
    with pytest.raises(UserError, match=f"^device=/dev/sdb: umount {tmp_path} failed: umount"):
        blockdev.unmount(disk)
