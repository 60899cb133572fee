"""The Raspberry Pi's own firmware, which an SD card needs beside the kernel.

It is not free software and not part of the tree. Debian packages it; the package is fetched when a
card is made, through an apt configuration of our own: the machine's own mirrors and keys, with one
more component, and with lists and downloads below build/. The system's configuration stays as it
is, and root isn't needed. On a machine without apt, firmware=DIR names a folder that has the files.
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict

from resea.errors import UserError
from resea.files import write_if_changed
from resea.options import error

PACKAGE = "raspi-firmware"
COMPONENT = "non-free-firmware"

# What the boot ROM of a Pi 3 loads, one after the other: second stage, firmware, its relocations.
NEEDED = ("bootcode.bin", "start.elf", "fixup.dat")
# The licence asks to be handed on with the files; Debian's name for it is the second one.
LICENCE = "LICENCE.broadcom"
LICENCE_NAMES = (LICENCE, "copyright")
# Debian's package leaves these out and the board does without; Raspberry Pi OS' cards have them.
EXTRAS = ("bcm2710-rpi-3-b.dtb", "bcm2710-rpi-3-b-plus.dtb", "overlays/disable-bt.dtbo")

BY_HAND = ("firmware=DIR takes it from a folder with " + ", ".join(NEEDED) + " and " + LICENCE
           + ", such as the boot partition of a Raspberry Pi OS card")

# Read after the system's configuration, so it wins. Scripts that a desktop wants to run after an
# update are not for our private lists. Nobody but us reads what is downloaded, and apt's own user
# often can't reach this folder, so it needn't change to that one.
_CONFIG = """\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "{folder}/sources";
Dir::State "{folder}/state";
Dir::Cache "{folder}/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
"""

_ONE_LINE = re.compile(r"deb\s+(?P<options>\[[^]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+"
                       r"(?P<components>.+)")


@dataclass
class Firmware:
    """`files`: names on the card and where each file is; `origin`: where they are from."""

    origin: str
    files: Dict[str, Path]


def find(folder_option, cache: Path, say) -> Firmware:
    """The firmware from firmware=DIR, from the cache, or from Debian, in this order."""
    if folder_option:
        return from_folder(Path(folder_option).expanduser())
    origin = cache / "origin"
    if not origin.is_file():
        say(f"fetching Debian's package {PACKAGE}")
        fetch(cache)
    return Firmware(origin.read_text().strip(), pick(cache / "files"))


def from_folder(folder: Path) -> Firmware:
    """The files of firmware=DIR."""
    if not folder.is_dir():
        raise error("firmware", folder, "there is no such folder")
    files = pick(folder)
    missing = [name for name in (*NEEDED, LICENCE) if name not in files]
    if missing:
        raise error("firmware", folder, f"lacks {', '.join(missing)}; " + BY_HAND)
    return Firmware(f"the folder {folder}", files)


def pick(folder: Path) -> Dict[str, Path]:
    """What a folder has of the firmware, by the names on the card."""
    licence = next((name for name in LICENCE_NAMES if (folder / name).is_file()), LICENCE)
    paths = {name: folder / name for name in (*NEEDED, *EXTRAS)}
    return {name: path for name, path in {**paths, LICENCE: folder / licence}.items()
            if path.is_file()}


def fetch(cache: Path):
    """Downloads and unpacks the package into `cache`; all or nothing."""
    cache = cache.resolve()
    if not shutil.which("apt-get"):
        raise UserError("the Pi's firmware", "can't be fetched here, there is no apt-get; "
                        + BY_HAND)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="apt-", dir=cache) as name:
        version = download(Path(name), apt_sources())
        unpack(Path(name), cache / "files")
    (cache / "origin").write_text(f"Debian's {PACKAGE} {version}\n", encoding="utf-8")


def download(folder: Path, sources: Dict[str, str]) -> str:
    """Leaves the package in `folder`/package, unpacked; gives its version."""
    if not sources:
        raise UserError("the Pi's firmware", "apt on this machine has no Debian mirror to fetch it "
                        "from; " + BY_HAND)
    for name, text in sources.items():
        write_if_changed(folder / "sources" / name, text)
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    config = folder / "apt.conf"
    config.write_text(_CONFIG.format(folder=folder), encoding="utf-8")
    apt(folder, "apt-get", "-c", config, "-q", "update")
    apt(folder, "apt-get", "-c", config, "-q", "download", PACKAGE)
    packages = sorted(folder.glob("*.deb"))
    apt(folder, "dpkg-deb", "-x", packages[0], folder / "package")
    return apt(folder, "dpkg-deb", "-f", packages[0], "Version").strip()


def apt(folder: Path, *words) -> str:
    """Runs one of apt's programs in `folder`; what it printed."""
    done = subprocess.run([str(word) for word in words], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "LC_ALL": "C"}, check=False)
    if done.returncode != 0:
        raise UserError("the Pi's firmware", f"{words[0]} could not fetch Debian's package "
                        f"{PACKAGE}; it said:\n{done.stdout.rstrip()}\n"
                        f"Is this Debian, with a network? If not, {BY_HAND}")
    return done.stdout


def unpack(folder: Path, target: Path):
    """Takes what the card needs out of the unpacked package."""
    found = pick(folder / "package/usr/lib" / PACKAGE)
    found.update(pick(folder / "package/usr/share/doc" / PACKAGE))
    missing = [name for name in (*NEEDED, LICENCE) if name not in found]
    if missing:
        raise UserError("the Pi's firmware", f"Debian's package {PACKAGE} has no "
                        f"{', '.join(missing)}; " + BY_HAND)
    for name, path in found.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)


def apt_sources() -> Dict[str, str]:
    """The machine's apt sources, with the firmware's component in place of theirs."""
    done = subprocess.run(["apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS",
                           "Dir::Etc::sourceparts/d"], stdout=subprocess.PIPE, text=True,
                          check=True)
    paths = dict(re.findall(r"(\w+)='(.*)'", done.stdout))
    files = sorted(Path(paths.get("PARTS", "/etc/apt/sources.list.d")).glob("*"))
    files.insert(0, Path(paths.get("LIST", "/etc/apt/sources.list")))
    return rewritten({path.name: path.read_text(encoding="utf-8", errors="replace")
                      for path in files if path.is_file()})


def rewritten(files: Dict[str, str]) -> Dict[str, str]:
    """The files of a sources.list.d, with only what may have the firmware."""
    found = {}
    for name, text in files.items():
        if name.endswith(".list"):
            found[name] = "".join(rewrite_line(line) for line in text.splitlines())
        elif name.endswith(".sources"):
            stanzas = re.split(r"\n\s*\n", text)
            found[name] = "\n".join(filter(None, map(rewrite_stanza, stanzas)))
    return {name: text for name, text in found.items() if text}


def rewrite_line(line: str) -> str:
    """A line of a .list file: binary packages of a distribution's main component, or nothing."""
    match = _ONE_LINE.match(line.partition("#")[0].strip())
    if not match or "main" not in match["components"].split():
        return ""
    return f"deb {match['options'] or ''}{match['uri']} {match['suite']} {COMPONENT}\n"


def rewrite_stanza(text: str) -> str:
    """The same for a stanza of a .sources file. A line that begins with a space continues the
    field above: keys can stand in there."""
    text = "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("#"))
    fields = dict(re.findall(r"^(\S+?):(.*\n(?:[ \t].*\n)*)", text, re.MULTILINE))
    values = {name.lower(): value.split() for name, value in fields.items()}
    if ("deb" not in values.get("types", ()) or "main" not in values.get("components", ())
            or values.get("enabled") in (["no"], ["false"], ["0"], ["off"], ["disable"])):
        return ""
    ours = {"types": " deb\n", "components": f" {COMPONENT}\n"}
    return "".join(f"{name}:{ours.get(name.lower(), value)}" for name, value in fields.items())
