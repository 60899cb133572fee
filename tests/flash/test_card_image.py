"""SD card images, looked at by other tools than those that made them, and booted from."""

import os
import re
import subprocess
import time

import pytest

from resea import firmware, qemu, sdcard
from resea.errors import UserError
from support import firmware as firmware_files
from support import native

pytestmark = pytest.mark.board("raspi3")

MIB = 1 << 20
GUESTS = native.FLASH / "guests"
CONFIG = native.FLASH.parents[1] / "boards/raspi3/config.txt"
# The first partition, as mtools want it.
PARTITION = "@@1M"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel8.img that prints a line."""
    output = tmp_path_factory.mktemp("kernel") / "pi.elf"
    native.board_image(output, "aarch64-none-elf", GUESTS / "pi.ld", [GUESTS / "pi.S"])
    return output.with_suffix(".bin")


def contents(kernel, folder, cmdline="run=test"):
    """All that a card has."""
    found = firmware.from_folder(firmware_files.folder(folder / "firmware",
                                                       "overlays/disable-bt.dtbo"))
    return sdcard.files_of(kernel, CONFIG, found, cmdline, "Raspberry Pi 3")


@pytest.fixture
def card(tmp_path, kernel):
    """(image, files)"""
    files = contents(kernel, tmp_path)
    sdcard.make(tmp_path / "sdcard.img", files)
    return tmp_path / "sdcard.img", files


def read_back(image, name, folder):
    """A file of the card, as mtools see it."""
    target = folder / "read-back"
    native.run("mcopy", "-n", "-o", "-i", f"{image}{PARTITION}", f"::{name}", target)
    return target.read_bytes()


def check_file_system(image, folder):
    """fsck of the partition, which changes nothing."""
    part = folder / "part.img"
    copy_from(image, MIB, part)
    return native.run("/usr/sbin/fsck.fat", "-n", "-v", part)


def copy_from(image, start, target):
    """All of a file from `start` on, holes staying holes: a large card is nearly empty."""
    with open(image, "rb") as source, open(target, "wb") as copy:
        at, size = start, os.path.getsize(image)
        copy.truncate(size - start)
        while at < size:
            try:
                at = os.lseek(source.fileno(), at, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing but a hole is left
                return
            end = os.lseek(source.fileno(), at, os.SEEK_HOLE)
            copy.seek(at - start)
            copy.write(os.pread(source.fileno(), end - at, at))
            at = end


def test_the_file_system_is_sound(card, tmp_path):
    text = check_file_system(card[0], tmp_path)
    assert "32 bit entries" in text and "2048 hidden sectors" in text
    # Fewer clusters than that are a FAT16, whatever the boot sector says.
    assert int(re.search(r"(\d+) data clusters", text)[1]) >= 65525


def test_the_partition_table_is_one_that_the_board_boots_from(card):
    image, _ = card
    sector = image.read_bytes()[:512]
    assert sector[510:] == b"\x55\xaa" and image.stat().st_size == 64 * MIB
    kind, start, count = sector[450], sector[454:458], sector[458:462]
    assert kind == 0x0c and int.from_bytes(start, "little") == 2048
    assert int.from_bytes(count, "little") * 512 == 63 * MIB
    assert sector[462:510] == bytes(48)


def test_every_file_is_on_the_card_as_it_was(card, tmp_path):
    image, files = card
    for name, content in files.items():
        expected = content if isinstance(content, bytes) else content.read_bytes()
        assert read_back(image, name, tmp_path) == expected, name
    listed = native.run("mdir", "-b", "-/", "-i", f"{image}{PARTITION}", "::").split()
    assert {name.removeprefix("::/") for name in listed if name[-1] != "/"} == set(files)


def test_the_same_files_make_the_same_bytes(kernel, tmp_path, monkeypatch):
    files, images = contents(kernel, tmp_path), []
    for zone, mtime in (("UTC", 1e9), ("Asia/Tokyo", 1.5e9)):
        # Neither the time of day nor that of the files may show.
        monkeypatch.setenv("TZ", zone)
        os.utime(files["start.elf"], (mtime, mtime))
        sdcard.make(tmp_path / f"{mtime}.img", files)
        images.append((tmp_path / f"{mtime}.img").read_bytes())
        wait_for_the_next_tick_of_fat()
    assert images[0] == images[1]


def wait_for_the_next_tick_of_fat():
    """FAT counts in two seconds: images made within the same two would be equal anyway."""
    end = int(time.time()) // 2 + 1
    while time.time() < end * 2:
        time.sleep(0.1)


def test_a_large_card(kernel, tmp_path):
    sdcard.make(tmp_path / "sdcard.img", contents(kernel, tmp_path), 4 << 30)
    assert (tmp_path / "sdcard.img").stat().st_size == 4 << 30
    # It takes no more room than what is on it.
    assert (tmp_path / "sdcard.img").stat().st_blocks * 512 < 64 * MIB
    assert "32 bit entries" in check_file_system(tmp_path / "sdcard.img", tmp_path)


def test_too_many_files_leave_the_old_image_alone(kernel, tmp_path):
    files = contents(kernel, tmp_path)
    files["large.bin"] = bytes(70 * MIB)
    (tmp_path / "sdcard.img").write_text("old")
    with pytest.raises(UserError, match=r"^sdcard: its files take 70\.\d MiB, more than the card "
                                        "has; give a larger size=$"):
        sdcard.make(tmp_path / "sdcard.img", files)
    assert (tmp_path / "sdcard.img").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("sdcard-")] == []


def test_what_is_on_the_card_boots(card, tmp_path):
    """QEMU has no firmware that reads the card: it gets the kernel from it, and the card too."""
    image, _ = card
    (tmp_path / "kernel8.img").write_bytes(read_back(image, "kernel8.img", tmp_path))
    done = subprocess.run(
        ["qemu-system-aarch64", "-M", "raspi3b", "-nographic", "-monitor", "none",
         "-kernel", str(tmp_path / "kernel8.img"), "-drive", f"file={image},if=sd,format=raw",
         "-semihosting-config", "enable=on,target=native"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120, check=False)
    assert done.stdout == b"from the card\n" and done.returncode == qemu.EXIT_SUCCESS
