"""Disks: what the guest writes is on the image, and what is on the image the guest reads; whatever controller, chipset and
number of CPUs; with errors, and with drivers that end in the middle."""

import re

import diskmodel
import pytest

from resea import qemu

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
    disks = ",".join(f"{kind}:{image}" for kind, image in
                     zip(["ide", "ide", "virtio", "virtio"], images))
    guest = machines.boot(disk=disks)
    guest.prompt()
    for unit in ("ide0", "ide1", "virtio0", "virtio1"):
        guest.command(f"disktest {unit} --rounds={ROUNDS} &")
    for _ in images:
        guest.expect(rf"disktest: {ROUNDS} rounds, 0 restarts: good")
    power_off(guest)
    for image in images:
        assert diskmodel.wrong(image, ROUNDS) == []


def task_of(guest, name):
    """The ID of a program, as soon as it runs."""
    for _ in range(1000):
        found = re.search(rf"^ *(\d+) {name} ", guest.command("ps"), re.MULTILINE)
        if found:
            return found[1]
    raise AssertionError(f"{name} doesn't run")


@pytest.mark.parametrize("kind, driver", [("ide-dma", "ide"), ("virtio-modern", "virtio_blk")])
def test_a_driver_that_ends(machines, tmp_path, kind, driver):
    """It is killed while it works, again and again; disktest goes on, and all is on the disk that should be."""
    rounds, kills = 20000, 4
    chipset, unit, devices = KINDS[kind]
    image = diskmodel.make(tmp_path / "disk.img")
    guest = machines.boot(extra=("-machine", chipset, *devices(image)))
    guest.prompt()
    guest.command(f"disktest {unit} --rounds={rounds} &")
    for _ in range(kills):
        guest.command(f"kill {task_of(guest, driver)}")
    guest.expect(rf"disktest: {rounds} rounds, {kills} restarts: good")
    power_off(guest)
    assert diskmodel.wrong(image, rounds) == []
