"""Cloud images: where GRUB's parts go."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from resea import cloudimage, iso, sdcard
from resea.errors import UserError
from resea.tools import machines


def blank(tmp_path):
    image = tmp_path / "disk.img"
    image.write_bytes(sdcard.mbr(1 << 30) + bytes(sdcard.SECTOR))
    return image


def test_grub_is_in_front_of_the_partition(tmp_path):
    image = blank(tmp_path)
    cloudimage.install(image, b"B" * 512, b"C" * 700)
    data, table = image.read_bytes(), sdcard.mbr(1 << 30)
    assert data[:440] == b"B" * 440
    assert data[440:446] == table[440:446] and data[447:512] == table[447:]
    assert data[446] == 0x80
    assert data[512:] == b"C" * 700


def test_a_core_image_that_does_not_fit(tmp_path):
    image = blank(tmp_path)
    before = image.read_bytes()
    with pytest.raises(UserError, match="no room for it in front of the partition"):
        cloudimage.install(image, b"B" * 512, b"C" * (sdcard.START * sdcard.SECTOR))
    assert image.read_bytes() == before


def test_the_kernel_is_found_on_the_disk(tmp_path):
    kernel = tmp_path / "resea.img"
    kernel.write_bytes(bytes(1000))
    image = tmp_path / "cloud.img"
    cloudimage.make(kernel, image, "run=help")
    with open(image, "rb") as file:
        first = file.read(1 << 20)
    assert image.stat().st_size == cloudimage.SIZE
    # boot.img looks for the rest of GRUB in sector 1, and that for its own in sector 2.
    assert first[0x5c:0x64] == (1).to_bytes(8, "little")
    assert first[2 * 512 - 12:2 * 512 - 8] == (2).to_bytes(4, "little")
    config = subprocess.run(["mtype", "-i", f"{image}@@1M", "::/boot/grub/grub.cfg"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    assert config == iso.grub_config("run=help")
    assert sorted(tmp_path.iterdir()) == [image, kernel]


def test_only_for_pcs():
    build = SimpleNamespace(board="raspi3", folder=Path("/nowhere"),
                            arch=SimpleNamespace(image="binary"))
    with pytest.raises(UserError, match="^board=raspi3: a cloud image is for PCs"):
        machines.cloudimage(SimpleNamespace(build=build))
