"""Disk images that cloud machines with a BIOS boot: GRUB, the kernel, and its command line.

        0  MBR: GRUB's boot.img, and one partition, 0x0c (FAT32, by block numbers)
    512 B  GRUB's core image, which knows FAT
    1 MiB  FAT32: boot/grub/grub.cfg and boot/resea.img

The same files make the same bytes.
"""

import gzip
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from resea import iso, sdcard
from resea.errors import UserError

# Google Compute Engine takes disks of whole GiB only. Most of it is a hole in the file.
SIZE = 1 << 30
# By what name, and in which format of tar, it wants them.
RAW_NAME = "disk.raw"

# What of boot.img is code; the rest of the MBR is the partition table.
_CODE_LEN = 440
_ACTIVE_AT = 446

# GRUB finds these in its core image: it has to read the partition before it can load any other.
_MODULES = ("biosdisk", "part_msdos", "fat", "normal", "multiboot", "boot", "serial", "terminal")
# The disk that it was started from, whichever this is.
_PREFIX = "(,msdos1)/boot/grub"

_FOLDERS = ("/usr/lib/grub/i386-pc", "/opt/homebrew/lib/i686-elf/grub/i386-pc",
            "/usr/local/lib/i686-elf/grub/i386-pc")


def grub_folder() -> Path:
    """Where GRUB's parts are."""
    for folder in map(Path, _FOLDERS):
        if (folder / "boot.img").is_file():
            return folder
    raise UserError("cloudimage", f"GRUB's boot.img is missing; looked in {', '.join(_FOLDERS)}")


def core_image(folder: Path, path: Path):
    """GRUB without its first sector. What it is told by default about where the rest of it is, is
    right: it lies behind the MBR."""
    words = [iso.find_grub("mkimage"), "-d", str(folder), "-O", "i386-pc", "-p", _PREFIX,
             "-o", str(path), *_MODULES]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise UserError("cloudimage", f"grub-mkimage failed with status {done.returncode}:\n"
                        + done.stdout.rstrip())


def install(image: Path, boot: bytes, core: bytes):
    """Puts GRUB in front of the partition."""
    if len(core) > (sdcard.START - 1) * sdcard.SECTOR:
        raise UserError("cloudimage", f"GRUB's core image has {len(core)} bytes: there is no room "
                        "for it in front of the partition")
    with open(image, "r+b") as file:
        file.write(boot[:_CODE_LEN])
        # Some firmware boots no disk without an active partition.
        file.seek(_ACTIVE_AT)
        file.write(b"\x80")
        file.seek(sdcard.SECTOR)
        file.write(core)


def make(kernel: Path, image: Path, cmdline: str = ""):
    """Writes the disk image, which boots `kernel` with `cmdline`."""
    config = iso.grub_config(cmdline)
    folder = grub_folder()
    with tempfile.TemporaryDirectory(prefix="resea-cloud-") as name:
        core = Path(name) / "core.img"
        core_image(folder, core)
        core_bytes = core.read_bytes()
    draft = image.with_suffix(".tmp")
    sdcard.make(draft, {"boot/resea.img": kernel, "boot/grub/grub.cfg": config.encode()}, SIZE)
    install(draft, (folder / "boot.img").read_bytes(), core_bytes)
    os.replace(draft, image)


def pack(image: Path, archive: Path):
    """The disk image as Google Compute Engine takes it: alone in a compressed tarball in GNU's old
    format."""
    draft = archive.with_suffix(".tmp")
    info = tarfile.TarInfo(RAW_NAME)
    info.size = image.stat().st_size
    info.mtime = sdcard.EPOCH
    with open(draft, "wb") as file, open(image, "rb") as contents:
        # Without a time and a name in the compressed file's header.
        with gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
                tar.addfile(info, contents)
    os.replace(draft, archive)
