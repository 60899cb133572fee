"""QEMU's two other lines: QMP, to ask and tell the emulator, and qtest, to look at the machine's
memory and registers from outside."""

from resea.qmp import Link, Qmp

__all__ = ["Qmp", "Qtest"]


class Qtest(Link):
    """The same with `-qtest`."""

    @staticmethod
    def arguments(path):
        return ("-qtest", f"unix:{path},server=on,wait=off", "-qtest-log", "none")

    def _ask(self, text):
        self._stream.write(text + "\n")
        self._stream.flush()
        words = self._stream.readline().split()
        while words[0] != "OK":
            assert words[0] == "IRQ", words
            words = self._stream.readline().split()
        return words[1:]

    def readl(self, address):
        """32 bits of the machine's physical memory."""
        return int(self._ask(f"readl {address:#x}")[0], 16)

    def writel(self, address, value):
        """The same, written; the emulator takes note if it is code."""
        self._ask(f"writel {address:#x} {value:#x}")

    def write(self, address, data):
        """Bytes of memory, written."""
        self._ask(f"write {address:#x} {len(data):#x} 0x{data.hex()}")

    def read(self, address, length):
        """Bytes of memory, as the machine's CPU would see them."""
        return bytes.fromhex(self._ask(f"read {address:#x} {length:#x}")[0][2:])

    def set_input(self, device, name, number, level):
        """Drives an input line of a device, which has a path in QEMU's object tree."""
        self._ask(f"set_irq_in {device} {name} {number} {level}")
