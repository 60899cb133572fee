"""fatfs on disks of 4 GiB, on all kinds of disks and chipsets, with one and with four CPUs: what
lies at their end is read and written."""

import pytest

from resea import qemu
from support import disks

SIZE_MIB, LEFT_MIB = 4096, 16
MARK = b"Far behind."
# Near the file's end, and beyond what 31 bits count.
PLACE = 4_000_000_000
TEXT = b"What is written goes to the end.\n"


def drive(path, *devices):
    """QEMU's options for a raw image on a device, the last one of those given."""
    words = ["-drive", f"if=none,id=d0,format=raw,file={path}"]
    for device in devices:
        words += ["-device", device]
    return words


# By board: the unit, and how a machine has it. A q35 has IDE disks at a controller that is added.
MACHINES = {
    "x64": {
        "pc-virtio": ("virtio0", lambda path: ["-machine", "pc", *drive(
            path, "virtio-blk-pci,drive=d0")]),
        "q35-virtio": ("virtio0", lambda path: ["-machine", "q35", *drive(
            path, "virtio-blk-pci,drive=d0")]),
        "q35-ide": ("ide0", lambda path: ["-machine", "q35", *drive(
            path, "piix3-ide,id=piix", "ide-hd,drive=d0,bus=piix.0")]),
    },
    "raspi3": {"sd": ("sd0", None)},
}


def use(machines, kind, image, count):
    """Reads what is far behind, writes, and copies, all by a script."""
    unit, options = MACHINES[machines.board.name][kind]
    where = {"extra": options(image)} if options else {"disk": str(image)}
    script = "; ".join([
        f"df /{unit}", f"hexdump -s {PLACE} -n {len(MARK)} /{unit}/big.bin",
        f"write /{unit}/new.txt {TEXT.decode().strip()}",
        f"cp /{unit}/new.txt '/{unit}/A copy of it.txt'", f"ls -l /{unit}", f"umount /{unit}",
        "poweroff"])
    guest = machines.boot("release", cpus=count, cmdline=f'run="{script}"', **where)
    guest.expect("46 61 72 20 62 65 68 69 6e 64 2e")
    guest.expect("A copy of it.txt")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.programs("fatfs")
@pytest.mark.parametrize("count", [1, 4])
def test_four_gibibytes(machines, tmp_path, count):
    for kind in MACHINES[machines.board.name]:
        image = tmp_path / f"{kind}.img"
        first = disks.nearly_full(image, SIZE_MIB, LEFT_MIB)
        with open(image, "r+b") as file:
            file.seek(first + PLACE)
            file.write(MARK)
        use(machines, kind, image, count)
        disks.check(image)
        for name in ("new.txt", "A copy of it.txt"):
            assert disks.read(image, name) == TEXT
        image.unlink()
