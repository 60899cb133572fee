"""Disks of this machine: what is known about one before something is written over it.

Linux tells by lsblk, and by sysfs what lsblk leaves out; macOS by diskutil. A file can stand in for
a disk: an image of a card.
"""

import json
import os
import plistlib
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional

from resea import output
from resea.errors import UserError

SWAP = "[SWAP]"
# A disk with one of these belongs to the running system.
SYSTEM_MOUNTS = {"/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home", "/nix",
                 "/System/Volumes/Data", SWAP}

# NAME is what lsblk hangs its tree on: without it, the list is flat.
_COLUMNS = "NAME,PATH,TYPE,SIZE,RM,RO,VENDOR,MODEL,TRAN,LABEL,FSTYPE,MOUNTPOINTS,MAJ:MIN"


@dataclass
class Volume:
    """Something on a disk: a partition, or what is made of one (LVM, encryption, RAID)."""

    path: str
    size: int
    format: str = ""
    label: str = ""
    mounts: List[str] = field(default_factory=list)


@dataclass
class Disk:
    """A disk, or what else was found under a name that should be one. `kind` is "disk", "file", or
    lsblk's word for what it is; `whole` the disk that a partition is part of; sizes are bytes;
    `number` major and minor, "" if that isn't known."""

    path: str
    kind: str
    size: int
    model: str = ""
    removable: bool = False
    read_only: bool = False
    number: str = ""
    whole: str = ""
    mounts: List[str] = field(default_factory=list)
    volumes: List[Volume] = field(default_factory=list)

    def all_mounts(self):
        """Where any part of it is mounted."""
        return self.mounts + [mount for volume in self.volumes for mount in volume.mounts]


def inspect(path: str, root: str = "/") -> Disk:
    """What is under a name. `root` is where /sys, /proc and /dev of the machine are."""
    real = os.path.realpath(path)
    known = disks(root)
    if real in known:
        return known[real]
    if os.path.isfile(real):
        return Disk(path, "file", os.path.getsize(real), "an image file", removable=True,
                    read_only=not os.access(real, os.W_OK))
    raise UserError(f"device={path}", "there is no such disk or file; " + candidates(known))


def disks(root: str = "/"):
    """All disks and partitions by path, as Disks."""
    return macos_disks() if sys.platform == "darwin" else linux_disks(root)


def candidates(known) -> str:
    """Which of the disks could be meant."""
    cards = [disk for disk in known.values() if disk.kind == "disk" and disk.removable
             and disk.size > 0]
    if not cards:
        return "no card is in this machine, as far as it can be seen"
    return "cards in this machine: " + ", ".join(
        f"{disk.path} ({disk.model}, {output.size(disk.size)})" for disk in cards)


def describe(disk: Disk) -> List[str]:
    """What is about to be overwritten, as lines of text."""
    kind = "removable" if disk.removable else "not removable"
    kind = "image file" if disk.kind == "file" else kind
    model = disk.model if disk.model and disk.kind != "file" else ""
    lines = [", ".join(filter(None, [disk.path, model, output.size(disk.size), kind,
                                     _mounted(disk)]))]
    for volume in disk.volumes:
        label = f'"{volume.label}"' if volume.label else ""
        parts = filter(None, [volume.path, output.size(volume.size), volume.format, label,
                              _mounted(volume)])
        lines.append("  " + ", ".join(parts))
    if disk.kind != "file" and not disk.volumes:
        lines.append("  no partitions")
    return lines


def _mounted(part):
    return "mounted at " + ", ".join(part.mounts) if part.mounts else ""


def objections(disk: Disk, needed: int) -> List[str]:
    """Why it must not be overwritten with `needed` bytes, whatever one is told."""
    if disk.kind == "part":
        return [f"it is a partition; the card is {disk.whole}"]
    if disk.kind not in ("disk", "loop", "file"):
        return [f"it is not a card (but: {disk.kind})"]
    found = []
    system = SYSTEM_MOUNTS.intersection(disk.all_mounts())
    if system and disk.kind != "file":
        found.append(f"the running system is on it ({', '.join(sorted(system))})")
    if disk.size == 0 and disk.kind != "file":
        found.append("there is no card in the reader")
    elif disk.size < needed:
        found.append(f"it is too small: {output.size(disk.size)}, but the image has "
                     + output.size(needed))
    if disk.read_only:
        found.append("it can't be written to; look for a write protect switch on the card")
    return found


def doubts(disk: Disk) -> List[str]:
    """Why it should not be overwritten unless one is told to."""
    found = []
    mounts = disk.all_mounts()
    if mounts:
        found.append(f"it is mounted ({', '.join(mounts)})")
    if not disk.removable:
        found.append("it is not removable: cards and card readers are")
    return found


# Linux.

def linux_disks(root: str = "/"):
    """All block devices by path, as Disks."""
    words = ["lsblk", "-J", "-b", "-o", _COLUMNS]
    words += ["--sysroot", root] if root != "/" else []
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    found = {}
    for entry in json.loads(done.stdout).get("blockdevices", []):
        _collect(entry, None, Path(root), found)
    return found


def _collect(entry, whole: Optional[str], root: Path, found):
    """Adds an entry of lsblk's tree and all below it."""
    children = entry.get("children", [])
    found[entry["path"]] = Disk(
        path=entry["path"], kind=entry["type"], size=int(entry["size"] or 0), model=_model(entry),
        removable=entry["rm"] or is_sd_slot(entry["path"], root), read_only=entry["ro"],
        number=entry["maj:min"], whole=whole or "", mounts=_mounts(entry),
        volumes=list(_volumes(children)))
    for child in children:
        _collect(child, whole or entry["path"], root, found)


def _volumes(entries):
    for entry in entries:
        yield Volume(entry["path"], int(entry["size"] or 0), entry["fstype"] or "",
                     entry["label"] or "", _mounts(entry))
        yield from _volumes(entry.get("children", []))


def _mounts(entry):
    return [mount for mount in entry["mountpoints"] if mount]


def _model(entry):
    words = [entry["vendor"], entry["model"], entry["tran"]]
    return " ".join(word.strip() for word in words if word and word.strip()) or "no model name"


def is_sd_slot(path: str, root: Path) -> bool:
    """A card in a built-in slot is not "removable" to Linux, but the kind of MMC that it is."""
    kind = root / "sys/block" / os.path.basename(path) / "device/type"
    return kind.is_file() and kind.read_text().strip() == "SD"


# macOS.

def macos_disks():
    """The same from diskutil."""
    listed = _diskutil("list")
    found = {}
    for entry in listed.get("AllDisksAndPartitions", []):
        parts = entry.get("Partitions", []) + entry.get("APFSVolumes", [])
        disk = macos_disk(_diskutil("info", entry["DeviceIdentifier"]), parts)
        found[disk.path] = disk
        for volume in disk.volumes:
            found[volume.path] = Disk(volume.path, "part", volume.size, whole=disk.path)
    return found


def macos_disk(info, parts) -> Disk:
    """A Disk from what diskutil tells about it and its partitions."""
    volumes = [Volume("/dev/" + part["DeviceIdentifier"], part.get("Size", 0),
                      part.get("Content", ""), part.get("VolumeName", ""),
                      list(filter(None, [part.get("MountPoint")]))) for part in parts]
    return Disk(path="/dev/" + info["DeviceIdentifier"], kind="disk", size=info.get("Size", 0),
                model=info.get("MediaName", "").strip() or "no model name",
                removable=bool(info.get("RemovableMedia") or not info.get("Internal", True)),
                read_only=not info.get("WritableMedia", True), volumes=volumes,
                mounts=list(filter(None, [info.get("MountPoint")])))


def _diskutil(*words):
    done = subprocess.run(["diskutil", words[0], "-plist", *words[1:]], stdout=subprocess.PIPE,
                          check=True)
    return plistlib.loads(done.stdout)


def unmount(disk: Disk):
    """Unmounts all of a disk; raises UserError if something is in use."""
    whole = ["diskutil", "unmountDisk", disk.path]
    commands = [["umount", mount] for mount in disk.all_mounts()]
    commands = [whole] if sys.platform == "darwin" else commands
    for words in commands:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise UserError(f"device={disk.path}", f"{' '.join(words)} failed: "
                            + done.stdout.strip())
