"""QEMU's two other lines: QMP, to ask and tell the emulator, and qtest, to look at the machine's
memory and registers from outside."""

import json
import socket


class Link:
    """A socket of QEMU's, which has listened since it was started."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rw")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()
        self._socket.close()


class Qmp(Link):
    """`arguments(path)` are for QEMU's command line."""

    def __init__(self, path):
        super().__init__(path)
        self.events = []
        self._stream.readline()  # It says who it is.
        self.execute("qmp_capabilities")

    @staticmethod
    def arguments(path):
        return ("-qmp", f"unix:{path},server=on,wait=off")

    def execute(self, command, **arguments):
        """Runs a command; returns what it returns."""
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            answer = json.loads(self._stream.readline())
            if "event" in answer:
                self.events.append(answer)
            else:
                assert "return" in answer, answer
                return answer["return"]

    def shutdown_reason(self):
        """Waits for QEMU's end; returns why it ends."""
        while True:
            for event in self.events:
                if event["event"] == "SHUTDOWN":
                    return event["data"]["reason"]
            line = self._stream.readline()
            assert line, "QEMU ended without saying why"
            self.events.append(json.loads(line))


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

    def read(self, address, length):
        """Bytes of memory, as the machine's CPU would see them."""
        return bytes.fromhex(self._ask(f"read {address:#x} {length:#x}")[0][2:])

    def set_input(self, device, name, number, level):
        """Drives an input line of a device, which has a path in QEMU's object tree."""
        self._ask(f"set_irq_in {device} {name} {number} {level}")
