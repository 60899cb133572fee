"""Bootable ISO images: GRUB, the kernel, and its command line."""

import os
import shutil
import subprocess
import tempfile

from resea.errors import UserError

# The format of images (image in arch.toml) that GRUB can start.
MULTIBOOT = "elf32-i386"

# GRUB's shell reads these; grub.cfg has no way to quote them that survives GRUB's second quoting.
UNSAFE = "\"'\\$\n{}"

# The serial line too, for what GRUB itself has to say; its failures are seen there.
CONFIG = """\
serial --unit=0 --speed=115200
terminal_output serial console
set timeout=0
set default=0

menuentry "Resea" {{
    multiboot /boot/resea.img {cmdline}
    boot
}}
"""


def grub_config(cmdline: str = "") -> str:
    """grub.cfg that boots the image at once."""
    bad = sorted(set(cmdline) & set(UNSAFE))
    if bad:
        raise UserError("command line", f"cmdline= can't hold {' '.join(bad)} in such an image: "
                        "GRUB would change it; write run=COMMAND;COMMAND without spaces or quotes")
    return CONFIG.format(cmdline=cmdline.replace(";", "\\;").replace("|", "\\|")).replace(
        "resea.img \n", "resea.img\n")


def grub_command(directory: str, iso: str):
    """grub-mkrescue for PCs with a BIOS: the other platforms would need more packages."""
    modules = "/usr/lib/grub/i386-pc"
    where = ["-d", modules] if os.path.isdir(modules) else []
    return [find_grub("mkrescue"), *where, "-o", iso, directory]


def find_grub(program: str) -> str:
    """grub-mkrescue, say, by any of the names that distributions give it."""
    names = [f"{grub}-{program}" for grub in ("grub", "grub2", "i686-elf-grub")]
    return next((name for name in names if shutil.which(name)), names[0])


def make(image: str, iso: str, cmdline: str = ""):
    """Writes the CD image `iso`, which boots the kernel image `image` with `cmdline`."""
    config = grub_config(cmdline)
    os.makedirs(os.path.dirname(iso) or ".", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="resea-iso-") as directory:
        os.makedirs(os.path.join(directory, "boot", "grub"))
        shutil.copy(image, os.path.join(directory, "boot", "resea.img"))
        with open(os.path.join(directory, "boot", "grub", "grub.cfg"), "w",
                  encoding="utf-8") as file:
            file.write(config)
        done = subprocess.run(grub_command(directory, iso), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
    if done.returncode != 0:
        raise UserError(iso, f"grub-mkrescue failed with status {done.returncode}:\n"
                        + done.stdout.rstrip())
