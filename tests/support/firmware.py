"""What stands in for the Raspberry Pi's firmware where nobody executes it."""

NAMES = ("bootcode.bin", "start.elf", "fixup.dat", "LICENCE.broadcom")


def folder(path, *more):
    """A folder for firmware=DIR with files of some length; `more` adds names."""
    for number, name in enumerate((*NAMES, *more)):
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"{name}\n".encode() * (100 + 1000 * number))
    return path
