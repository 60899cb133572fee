"""Disks: what the guest writes is on the image, and what is on the image the guest reads; whatever
controller, chipset and number of CPUs; with errors, and with drivers that end in the middle."""

import re

import pytest

from resea import qemu
from support import diskmodel, disks

ROUNDS = 300


def drive(name, path, device, *options):
    """A disk as an emulator's device; `options` are those of -drive."""
    node = ",".join(["if=none", f"id={name}", "format=raw", f"file={path}", *options])
    return ["-drive", node, "-device", f"{device},drive={name}"]


# By name: the chipset, the unit, the devices for an image.
KINDS = {
    "ide-dma": ("pc", "ide0", lambda path: drive("d0", path, "ide-hd,bus=ide.0")),
    "ide-dma-last": ("pc", "ide0", lambda path: drive("d0", path, "ide-hd,bus=ide.1,unit=1")),
    "ide-pio": ("q35", "ide0", lambda path: [
        "-device", "isa-ide,id=pio", *drive("d0", path, "ide-hd,bus=pio.0")]),
    "virtio-transitional": ("pc", "virtio0", lambda path: drive("d0", path, "virtio-blk-pci")),
    "virtio-modern": ("q35", "virtio0", lambda path: drive(
        "d0", path, "virtio-blk-pci,disable-legacy=on")),
    "virtio-legacy": ("pc", "virtio0", lambda path: drive(
        "d0", path, "virtio-blk-pci,disable-modern=on,indirect_desc=off,event_idx=off")),
}


def power_off(guest):
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build, count", [("debug", 4), ("release", 1)])
def test_random_transfers(machines, tmp_path, kind, build, count):
    chipset, unit, devices = KINDS[kind]
    image = diskmodel.make(tmp_path / "disk.img")
    guest = machines.boot(build, cpus=count, cmdline=f'run="disktest {unit} --rounds={ROUNDS}"',
                          extra=("-machine", chipset, *devices(image)))
    guest.expect(rf"disktest: {ROUNDS} rounds, 0 restarts: good")
    assert guest.wait() == qemu.EXIT_SUCCESS
    assert diskmodel.wrong(image, ROUNDS) == []


def test_several_disks_at_a_time(machines, tmp_path):
    """Two disks on one IDE channel, which take turns, and two that one virtio driver has."""
    images = [diskmodel.make(tmp_path / f"{i}.img") for i in range(4)]
    kinds = ("ide", "ide", "virtio", "virtio")
    guest = machines.boot(disk=",".join(map("{}:{}".format, kinds, images)))
    guest.prompt()
    units = ("ide0", "ide1", "virtio0", "virtio1")
    guest.send("; ".join(f"disktest {unit} --rounds={ROUNDS} &" for unit in units) + "\n")
    for _ in images:
        guest.expect(rf"disktest: {ROUNDS} rounds, 0 restarts: good")
    power_off(guest)
    for image in images:
        assert diskmodel.wrong(image, ROUNDS) == []


@pytest.mark.parametrize("kind, driver", [("ide-dma", "ide"), ("virtio-modern", "virtio_blk")])
def test_a_driver_that_ends(machines, tmp_path, kind, driver):
    """It is killed while it works, again and again; disktest goes on, and all is on the disk that
    should be."""
    rounds, kills = 5000, 4
    chipset, unit, devices = KINDS[kind]
    image = diskmodel.make(tmp_path / "disk.img")
    guest = machines.boot(extra=("-machine", chipset, *devices(image)))
    guest.prompt()
    guest.send(f"disktest {unit} --rounds={rounds} &\n")
    for _ in range(kills):
        guest.send(f"kill {guest.busy_task(driver, messages=200)}\n")
    guest.expect(rf"disktest: {rounds} rounds, {kills} restarts: good")
    power_off(guest)
    assert diskmodel.wrong(image, rounds) == []


@pytest.mark.parametrize("kind, driver", [("ide-dma", "ide"), ("ide-pio", "ide"),
                                          ("virtio-modern", "virtio_blk")])
@pytest.mark.parametrize("iotype, sector", [("read", 5000), ("write", 5000), ("flush", None)])
def test_errors_are_reported(machines, tmp_path, kind, driver, iotype, sector):
    """The program that meets one hears of it, and the driver goes on."""
    chipset, unit, devices = KINDS[kind]
    image = diskmodel.make(tmp_path / "disk.img")
    path = disks.injected(image, [(iotype, sector)])
    guest = machines.boot(extra=("-machine", chipset, *devices(path)))
    guest.prompt()
    guest.send(f"disktest {unit} --rounds={ROUNDS}\n")
    # A write that has to come behind what is durable flushes, too.
    guest.expect(rf"disktest: {'(writ|flush)' if iotype == 'flush' else iotype[:4]}.*ing: ERR_IO")
    guest.expect_all([f"[{driver}] WARN: {unit}: "])
    guest.send(f"disktest {unit} --rounds=0\n")
    guest.expect("flushing: ERR_IO" if iotype == "flush" else "0 rounds, 0 restarts: good")
    assert "ended: restart" not in guest.text()
    power_off(guest)


def rows(text):
    """The lines of `disks`, as words; the columns of a label are one."""
    lines = [line for line in text.splitlines() if re.match(r"\w+\d ", line) or "p" in line[:9]]
    found = (re.match(r"(\S+)\s+(\S+ \S+)\s+(disk|MBR \w\w|GPT)\s+(\S+)\s+(\d+)  (.*)", line)
             for line in lines)
    return [match.groups() for match in found if match]


def test_partitions_that_other_tools_have_made(machines, tmp_path):
    """An MBR by sfdisk, a GPT by sgdisk, and the latter with its first copy damaged."""
    mbr, gpt = disks.empty(tmp_path / "mbr.img", 64), disks.empty(tmp_path / "gpt.img", 64)
    disks.run("sfdisk", "-q", mbr, stdin=b"\n".join([
        b"label: dos", b"start=2048,size=8192,type=c", b"start=10240,size=65536,type=5",
        b"start=12288,size=4096,type=83", b"start=20480,size=4096,type=82",
        b"start=77824,type=83"]))
    disks.run("sgdisk", "-n", "1:2048:10239", "-c", "1:EFI system", "-t", "1:ef00",
              "-n", "5:16384:0", "-c", "5:Root", gpt)
    damaged = tmp_path / "damaged.img"
    damaged.write_bytes(gpt.read_bytes())
    with open(damaged, "r+b") as file:
        file.seek(512 + 60)
        file.write(b"?")
    guest = machines.boot(disk=f"virtio:{mbr},virtio:{gpt},ide:{damaged}",
                          cmdline='run="ramdisk &; disks"')
    assert guest.wait() == qemu.EXIT_SUCCESS
    listed = rows(guest.text())
    last = 64 * 2048 - 34
    size = f"{(last - 16383) * 5120 // (1 << 20) / 10:.1f} MiB"
    assert [row for row in listed if row[0].startswith("virtio")] == [
        ("virtio0", "64.0 MiB", "disk", "read-write", "0", "virtio disk"),
        ("virtio0p1", "4.0 MiB", "MBR 0c", "read-write", "2048", ""),
        ("virtio0p3", "26.0 MiB", "MBR 83", "read-write", "77824", ""),
        ("virtio0p5", "2.0 MiB", "MBR 83", "read-write", "12288", ""),
        ("virtio0p6", "2.0 MiB", "MBR 82", "read-write", "20480", ""),
        ("virtio1", "64.0 MiB", "disk", "read-write", "0", "virtio disk"),
        ("virtio1p1", "4.0 MiB", "GPT", "read-write", "2048", "EFI system"),
        ("virtio1p5", size, "GPT", "read-write", "16384", "Root"),
    ]
    assert [row for row in listed if row[0].startswith("ide")] == [
        ("ide0", "64.0 MiB", "disk", "read-write", "0", "QEMU HARDDISK"),
        ("ide0p1", "4.0 MiB", "GPT", "read-write", "2048", "EFI system"),
        ("ide0p5", size, "GPT", "read-write", "16384", "Root"),
    ]
    assert "ide0: the partition table is damaged: using its second copy" in guest.text()
    assert ("ram0", "16.0 MiB", "disk", "read-write", "0", "RAM disk") in listed


def test_what_may_not_be_written_isnt(machines, tmp_path):
    image = diskmodel.make(tmp_path / "disk.img")
    guest = machines.boot(extra=drive("d0", image, "virtio-blk-pci", "readonly=on"),
                          cmdline='run="disks; disktest virtio0"')
    assert guest.wait() == qemu.EXIT_FAILURE
    assert ("virtio0", "16.0 MiB", "disk", "read-only", "0", "virtio disk") in rows(guest.text())
    assert "disktest: opening: ERR_NOT_PERMITTED" in guest.text()
