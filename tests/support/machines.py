"""Starts the emulators of one test, on the board that the test is for."""

import re

from resea import bochs, cloudimage, iso, qemu
from support import builds
from support.guest import Guest


class Machines:
    """Starts guests for one test, and ends those that still run when the test is over."""

    def __init__(self, test_name, board):
        self.board = board
        self._name = re.sub(r"[^A-Za-z0-9._-]+", "-", test_name).strip("-")
        self._guests = []

    def log(self, folder, suffix=".log"):
        """Where this test's next guest leaves its log."""
        number = f"-{len(self._guests) + 1}" if self._guests else ""
        return folder / "logs" / f"{self._name}{number}{suffix}"

    def start(self, argv, folder):
        """Starts an emulator with the guest's serial line on its standard input and output."""
        self._guests.append(Guest(argv, self.log(folder)))
        return self._guests[-1]

    def boot(self, mode="debug", folder=None, board=None, lab=None, **setup):
        """Boots the test's board, or another one, in QEMU; out of another build folder if asked,
        and in a lab's network. Without `cpus`, it has all of its CPUs."""
        board = board or self.board
        folder = folder or builds.build(board.name, mode)
        words = qemu.command(board.machine, qemu.Setup(**setup), folder / "resea.img")
        return self.start(lab.enter(words) if lab else words, folder)

    def boot_iso(self, mode, cmdline="", **setup):
        """Boots an ISO image in QEMU."""
        folder, image = self.make_iso(mode, cmdline)
        return self.start(qemu.command(self.board.machine, qemu.Setup(**setup), iso=image), folder)

    def boot_cloud(self, mode, **setup):
        """Boots a cloud image in QEMU: a disk that nothing else is told about."""
        folder = builds.build(self.board.name, mode)
        image = self.log(folder, ".img")
        cloudimage.make(folder / "resea.img", image)
        words = qemu.command(self.board.machine, qemu.Setup(disk=str(image), **setup))
        return self.start(words, folder), image

    def boot_bochs(self, mode, cmdline, cpus=1):
        """Boots an ISO image in Bochs; what it says comes out, but nothing can be typed."""
        folder, image = self.make_iso(mode, cmdline)
        files = self.log(folder, ".bochs")
        return self.start(bochs.prepare(str(image), str(files), self.board.manifest.run["bochs"],
                                        cpus), folder)

    def make_iso(self, mode, cmdline):
        """An ISO image of this test's own."""
        folder = builds.build(self.board.name, mode)
        image = self.log(folder, ".iso")
        iso.make(str(folder / "resea.img"), str(image), cmdline)
        return folder, image

    def last_words(self):
        """The end of what the last guest has said."""
        return self._guests[-1].tail() if self._guests else ""

    def close(self):
        """Ends all guests."""
        for guest in self._guests:
            guest.close()
