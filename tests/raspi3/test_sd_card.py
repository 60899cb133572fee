"""The Raspberry Pi's SD card: what the guest writes is on the card, and what is on the card the
guest reads; cards of either kind, with DMA and without, with a driver that ends in the middle, and
with a card that is pulled out."""

import re

import pytest

from raspi3 import boot, broken
from resea import qemu, sdcard
from support import builds, diskmodel, disks
from support.qmp import Qmp, Qtest

pytestmark = pytest.mark.board("raspi3")

ROUNDS = 200
# QEMU's name of the drive that it makes of -drive if=sd.
DRIVE = "sd0"
SPEC_3 = ("-global", "sd-card.spec_version=3")


def run_disktest(machines, mode, card, unit="sd0", **setup):
    """Has random sectors of a unit written and read, to the guest's end."""
    guest = boot(machines, mode, disk=str(card), **setup,
                 cmdline=f'run="disktest {unit} --rounds={ROUNDS}; poweroff"')
    guest.expect(rf"disktest: {ROUNDS} rounds, 0 restarts: good")
    assert guest.wait() == qemu.EXIT_SUCCESS


def power_off(guest):
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.parametrize("build, count, extra", [("debug", 4, ()), ("release", 1, SPEC_3)])
def test_standard_capacity(machines, tmp_path, build, count, extra):
    """64 MiB: addresses are bytes. The specification's third version has CMD23."""
    card = diskmodel.make(tmp_path / "card.img", 64)
    run_disktest(machines, build, card, cpus=count, extra=extra)
    assert diskmodel.wrong(card, ROUNDS) == []


@pytest.mark.parametrize("build, count, extra", [("debug", 1, SPEC_3), ("release", 4, ())])
def test_high_capacity(machines, tmp_path, build, count, extra):
    """4 GiB: addresses are blocks. In the last of the partitions that sfdisk has made they are
    high."""
    card, size = tmp_path / "card.img", 4096
    parts = disks.partitioned(card, size, [("c", 64), ("83", size - 64 - 1 - 16), ("da", 15)])
    offset, _ = parts[2]
    diskmodel.make(card, size, offset)
    run_disktest(machines, build, card, "sd0p3", cpus=count, extra=extra)
    assert diskmodel.wrong(card, ROUNDS, offset=offset) == []


@pytest.mark.parametrize("extra", [(), SPEC_3])
def test_without_dma(machines, tmp_path, extra):
    folder = builds.build("raspi3_pio", "debug", "external=tests/raspi3")
    card = diskmodel.make(tmp_path / "card.img", 64)
    run_disktest(machines, "debug", card, folder=folder, extra=extra)
    assert diskmodel.wrong(card, ROUNDS) == []


def read_something(guest):
    """The driver is there, and the card as it was: the first round of this seed writes nothing."""
    assert "1 rounds, 0 restarts: good" in guest.command("disktest sd0 --rounds=1 --seed=1")


def task_of(guest, name):
    """The ID of a program that runs."""
    return re.search(rf"^ *(\d+) {name} ", guest.command("ps"), re.MULTILINE)[1]


@pytest.mark.heavy(30)
def test_driver_that_is_killed(machines, tmp_path):
    """Again and again, while it works. disktest goes on, and all is on the card that should be."""
    rounds, kills = 2000, 3
    card = diskmodel.make(tmp_path / "card.img", 64)
    guest = boot(machines, "debug", disk=str(card))
    guest.prompt()
    guest.command(f"disktest sd0 --rounds={rounds} &")
    for _ in range(kills):
        assert "0 rounds, 0 restarts: good" in guest.command("disktest sd0 --rounds=0")
        guest.send(f"kill {task_of(guest, 'sdmmc')}\n")
        guest.expect(r"sdmmc ended: restart")
    found = guest.expect(rf"disktest: {rounds} rounds, (\d+) restarts: good")
    assert int(found[1]) >= 1
    power_off(guest)
    assert diskmodel.wrong(card, rounds) == []


@pytest.mark.parametrize("function", ["channel_start", "transfer_interrupt"])
def test_driver_that_crashes(machines, tmp_path, function):
    """When the card has begun to send or to receive; and when all data has been moved, and nobody
    was told."""
    card = diskmodel.make(tmp_path / "card.img", 64)
    guest = boot(machines, "debug", disk=str(card), extra=Qtest.arguments(tmp_path / "qtest.sock"))
    guest.prompt()
    with Qtest(tmp_path / "qtest.sock") as qtest:
        read_something(guest)
        with broken(qtest, "sdmmc", function):
            guest.send("disktest sd0 --rounds=100\n")
            guest.expect(r"\[vm\] WARN: sdmmc ended: restart 1")
        guest.expect(r"disktest: 100 rounds, [1-9]\d* restarts: good")
    guest.prompt()
    power_off(guest)
    assert diskmodel.wrong(card, 100) == []


def test_card_that_is_pulled_out(machines, tmp_path):
    """There are errors while it is away, and none any more when it is back. Another card is
    refused, until the driver is started anew."""
    card = diskmodel.make(tmp_path / "card.img", 64)
    other = diskmodel.make(tmp_path / "other.img", 128)
    before = other.read_bytes()
    guest = boot(machines, "debug", disk=str(card), extra=Qmp.arguments(tmp_path / "qmp.sock"))
    guest.prompt()
    with Qmp(tmp_path / "qmp.sock") as qmp:
        read_something(guest)
        qmp.execute("eject", device=DRIVE, force=True)
        assert "ERR_IO" in guest.command("disktest sd0 --rounds=5")
        insert(qmp, other)
        assert "ERR_IO" in guest.command("disktest sd0 --rounds=5")
        assert "another card" in guest.text()
        qmp.execute("eject", device=DRIVE, force=True)
        insert(qmp, card)
        read_something(guest)
        assert "the card is back" in guest.text()
    power_off(guest)
    assert other.read_bytes() == before


def insert(qmp, card):
    qmp.execute("blockdev-change-medium", device=DRIVE, filename=str(card), format="raw")


def test_no_card(machines, mode):
    """Then there is no driver, and whoever asks for the card hears so."""
    guest = boot(machines, mode)
    guest.prompt()
    assert "opening: ERR_UNAVAILABLE" in guest.command("disktest sd0")
    assert "sdmmc" not in guest.command("ps")
    power_off(guest)


def test_card_that_scons_makes(machines, tmp_path):
    """The guest reads the card that it would boot from, and writes to it what mtools then read."""
    folder, card = builds.build("raspi3", "debug"), tmp_path / "card.img"
    config = builds.TOP / "boards" / "raspi3" / "config.txt"
    sdcard.make(card, {"config.txt": config, "kernel8.img": folder / "kernel8.img"})
    guest = boot(machines, "debug", disk=str(card))
    guest.prompt()
    guest.command("mount sd0p1")
    assert guest.command("cat /sd0p1/config.txt").strip() == config.read_text().strip()
    assert "kernel8.img" in guest.command("ls /sd0p1")
    guest.command("cp /sd0p1/kernel8.img /sd0p1/copy.img")
    guest.command("umount /sd0p1")
    power_off(guest)
    start = sdcard.START * sdcard.SECTOR
    assert disks.read(card, "copy.img", start) == (folder / "kernel8.img").read_bytes()
    disks.check(card, start)
