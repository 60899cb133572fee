"""Disk images, made, filled and looked at by the tools that people have: dosfstools, mtools and
sfdisk.

    image = disks.fat(tmp_path / "disk.img", 64, {"hello.txt": b"Hello"})
    table = disks.partitioned(tmp_path / "disk.img", 128, [("c", image)])
    assert disks.read(image, "hello.txt") == b"Hello"
    disks.check(image)

A path within a volume is what mtools call ::name.
"""

import array
import os
import struct
import subprocess
from pathlib import Path

MIB = 1 << 20
# Partitions begin at whole MiB.
ALIGN = MIB
SECTOR = 512

# Debian has some of them where only root looks.
ENV = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
       "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"}


def run(*words, stdin=None, check=True):
    """Runs a tool; returns what it printed."""
    done = subprocess.run([str(word) for word in words], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=ENV, timeout=600, check=False)
    text = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0 or not check, f"{' '.join(map(str, words))}: {text}"
    return text


def empty(path, size_mib):
    """An image of zeroes, which takes no space."""
    with open(path, "wb") as file:
        file.truncate(size_mib * MIB)
    return Path(path)


def fat(path, size_mib, files=None, *options):
    """A FAT volume with files: {name: bytes, or the path of a file}; folders of a name are made.
    `options` are mkfs.fat's: "-F", "32"."""
    run("mkfs.fat", *options, empty(path, size_mib))
    for name, content in (files or {}).items():
        write(path, name, content)
    return Path(path)


def nearly_full(path, size_mib, left_mib):
    """A FAT32 volume on an image without a table, of which a file BIG.BIN takes all but so much:
    what is written to it goes to the end. Its contents are zeroes. Returns where it begins."""
    fat(path, size_mib, {}, "-F", "32", "-s", "8")
    with open(path, "r+b") as file:
        boot = file.read(512)
        reserved, tables = struct.unpack_from("<HB", boot, 14)
        table_len = struct.unpack_from("<I", boot, 36)[0] * SECTOR
        cluster_len = boot[13] * SECTOR
        first = reserved * SECTOR + tables * table_len
        # The root directory is cluster 2.
        count = (size_mib - left_mib) * MIB // cluster_len
        chain = array.array("I", range(4, 3 + count))
        chain.append(0x0fffffff)
        for number in range(tables):
            file.seek(reserved * SECTOR + number * table_len + 3 * 4)
            chain.tofile(file)
        file.seek(first)
        file.write(struct.pack("<11sB8xH4xHI", b"BIG     BIN", 0x20, 0, 3, count * cluster_len))
        # Nobody knows how much is free.
        file.seek(struct.unpack_from("<H", boot, 48)[0] * SECTOR + 488)
        file.write(struct.pack("<II", 0xffffffff, 0xffffffff))
    return first + cluster_len


def write(image, name, content):
    """Puts a file into a volume, with the folders that it is in."""
    for folder in reversed(Path(name).parents[:-1]):
        run("mmd", "-D", "s", "-i", image, f"::{folder}", check=False)
    if isinstance(content, bytes):
        source = Path(f"{image}.content")
        source.write_bytes(content)
        run("mcopy", "-o", "-i", image, source, f"::{name}")
        source.unlink()
    else:
        run("mcopy", "-o", "-i", image, content, f"::{name}")


def read(image, name, offset=0):
    """What a file of a volume holds, as mtools read it; the volume begins at `offset`."""
    target = Path(f"{image}.read")
    run("mcopy", "-n", "-o", "-i", f"{image}@@{offset}", f"::{name}", target)
    content = target.read_bytes()
    target.unlink()
    return content


def names(image, folder="", offset=0):
    """The paths of all files and folders, as mtools see them."""
    text = run("mdir", "-/", "-b", "-a", "-i", f"{image}@@{offset}", f"::{folder}", check=False)
    return sorted(line[3:].rstrip("/") for line in text.splitlines() if line.startswith("::/"))


def check(image, offset=0):
    """fsck.fat finds nothing wrong in a volume, and changes nothing."""
    volume = Path(image)
    if offset:
        volume = Path(f"{image}.volume")
        run("cp", "--sparse=always", image, volume)
        with open(volume, "r+b") as file:
            _cut_front(file, offset)
    return run("fsck.fat", "-n", "-v", volume)


def _cut_front(file, offset):
    """Moves all but the first bytes to the front."""
    file.seek(offset)
    data = file.read()
    file.seek(0)
    file.write(data)
    file.truncate(len(data))


def partitioned(path, size_mib, parts, label="dos"):
    """An image with a partition table: parts are (type, image or size in MiB), one behind the
    other. Returns [(offset, length)] of the partitions, in bytes."""
    empty(path, size_mib)
    found, offset, lines = [], ALIGN, [f"label: {label}"]
    for kind, content in parts:
        length = content * MIB if isinstance(content, int) else os.path.getsize(content)
        lines.append(f"start={offset // SECTOR}, size={length // SECTOR}, type={kind}")
        found.append((offset, length))
        offset = -(-(offset + length) // ALIGN) * ALIGN
    run("sfdisk", "-q", path, stdin="\n".join(lines).encode())
    for (start, _), (_, content) in zip(found, parts):
        if not isinstance(content, int):
            run("dd", "conv=notrunc,sparse", "bs=1M", f"seek={start // MIB}", f"if={content}",
                f"of={path}", "status=none")
    return found


def place_of(image, name):
    """The sector in which a file of a volume begins."""
    clusters = run("mshowfat", "-i", image, f"::{name}").split("<")[1]
    cluster = int(clusters.rstrip(">\n").split("-")[0])
    with open(image, "rb") as file:
        boot = file.read(512)
    reserved, tables, entries = struct.unpack_from("<HBH", boot, 14)
    table_len = struct.unpack_from("<H", boot, 22)[0] or struct.unpack_from("<I", boot, 36)[0]
    first = reserved + tables * table_len + entries * 32 // SECTOR
    return first + (cluster - 2) * boot[13]


def injected(image, errors):
    """QEMU's name for an image of which certain accesses fail: [(iotype, sector or None for any)],
    where the iotype is read, write or flush."""
    config = Path(f"{image}.blkdebug")
    config.write_text("\n".join(
        line for iotype, sector in errors for line in (
            "[inject-error]", 'event = "none"', f'iotype = "{iotype}"', 'errno = "5"',
            *([f'sector = "{sector}"'] if sector is not None else []))))
    return f"blkdebug:{config}:{image}"
