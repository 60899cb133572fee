"""SD card images: one FAT partition that a Raspberry Pi boots from.

        0  MBR: one partition, 0x0c (FAT32, by block numbers)
    1 MiB  FAT32, made by mkfs.fat and filled by mtools, neither of which needs root

The same files make the same bytes: all times are EPOCH, and the volume's number is fixed.
"""

import os
import re
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Union

from resea import output, packages
from resea.errors import UserError
from resea.options import error

SECTOR = 512
START = 2048  # the partition's first sector: at 1 MiB, as partitioners do
TYPE_FAT32_LBA = 0x0c
LABEL = "RESEA"

# FAT32 takes more than 32 MiB. QEMU's SD card wants powers of two; more than 32 GiB is SDXC, which
# people expect to hold exFAT.
DEFAULT_SIZE = 64 << 20
SIZES = [1 << bits for bits in range(26, 36)]
_UNITS = {"M": 1 << 20, "G": 1 << 30}

# 1 January 2020: FAT knows no time before 1980.
EPOCH = 1577836800

Content = Union[bytes, Path]

README = """\
This is an SD card for a {board}. It starts Resea, a small operating
system built around a microkernel.

bootcode.bin, start.elf, fixup.dat
    the board's own firmware, which runs first: {origin};
    {licence} has its licence
config.txt
    what the firmware is told
kernel8.img
    Resea: the kernel and its programs
cmdline.txt
    one line that the kernel reads; run="COMMAND" runs a command at boot

To see it work, connect a serial adapter (3.3 V!) to the 40-pin header:
ground to pin 6, its RX to pin 8 (GPIO14), its TX to pin 10 (GPIO15);
115200 baud, 8 data bits, no parity, 1 stop bit. Put the card in, connect
power, and a prompt appears within seconds. To update the system, replace
kernel8.img.
"""


def parse_size(text: str) -> int:
    """size=64M: bytes."""
    match = re.fullmatch(r"(\d{1,5})([MG])", text.upper())
    size = int(match[1]) * _UNITS[match[2]] if match else 0
    if size not in SIZES:
        raise error("size", text, "expects a power of two from 64M to 32G: emulators accept no "
                    "other cards")
    return size


def files_of(kernel: Path, config: Path, firmware, cmdline: str, board: str) -> Dict[str, Content]:
    """What the card holds, by name."""
    readme = README.format(board=board, origin=firmware.origin, licence="LICENCE.broadcom")
    return {**firmware.files, "config.txt": config, "cmdline.txt": check_cmdline(cmdline),
            "kernel8.img": kernel, "README.txt": readme.replace("\n", "\r\n").encode()}


def check_cmdline(text: str) -> bytes:
    """cmdline.txt: the firmware reads one line of it."""
    if not text.isascii() or not text.isprintable():
        raise error("cmdline", text, "cmdline.txt holds one line of ASCII text")
    return text.encode() + b"\n"


def mbr(size: int) -> bytes:
    """The first sector. Cylinders and heads are of no use to anybody today: all ones."""
    sectors = size // SECTOR - START
    entry = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", TYPE_FAT32_LBA, b"\xfe\xff\xff", START,
                        sectors)
    # A disk signature that is none of a real disk's: "RESE".
    return bytes(440) + b"RESE" + bytes(2) + entry + bytes(48) + b"\x55\xaa"


def make(image: Path, files: Dict[str, Content], size: int = DEFAULT_SIZE):
    """Writes the card image, or leaves the old one alone if that fails."""
    image.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sdcard-", dir=image.parent) as name:
        draft = Path(name) / "card.img"
        with open(draft, "wb") as file:
            file.write(mbr(size))
            file.truncate(size)
        format_partition(draft, size)
        fill(draft, stage(Path(name) / "files", files))
        os.replace(draft, image)


def format_partition(image: Path, size: int):
    """A FAT32 file system behind the first MiB."""
    blocks = (size - START * SECTOR) // 1024
    # Clusters of one sector where there would be too few for a FAT32 otherwise.
    clusters = ["-s", "1"] if size == SIZES[0] else []
    _run("mkfs.fat", "--invariant", "-F", "32", *clusters, "-n", LABEL, "-h", START,
         "--offset", START, image, blocks)


def stage(folder: Path, files: Dict[str, Content]) -> Path:
    """Puts all files into one folder, with the time they are to have."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            shutil.copyfile(content, path)
    for path in folder.rglob("*"):
        os.utime(path, (EPOCH, EPOCH))
    return folder


def fill(image: Path, folder: Path):
    """Copies what is in a folder onto the card, in the order of names."""
    names = sorted(folder.iterdir())
    try:
        # -s: with folders; -m: keeping the times of files.
        _run("mcopy", "-s", "-m", "-i", f"{image}@@{START * SECTOR}", *names, "::")
    except UserError as e:
        if "full" in str(e):
            needed = sum(path.stat().st_size for path in folder.rglob("*"))
            raise UserError("sdcard", f"its files take {output.size(needed)}, more than the card "
                            "has; give a larger size=") from e
        raise


def _run(program: str, *words):
    """Runs a tool that must succeed. Not in the user's time zone, nor with their configuration."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "TZ": "UTC", "LC_ALL": "C",
                   "MTOOLSRC": os.devnull, "MTOOLS_SKIP_CHECK": "1"}
    done = subprocess.run([packages.find_program(program) or program, *map(str, words)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise UserError("sdcard", f"{program} failed with status {done.returncode}:\n"
                        + done.stdout.rstrip())
