"""The micro:bit as seen from outside: its LEDs, its buttons, its flash."""

import contextlib
import json
import re
import select
import socket

from elftools.elf.elffile import ELFFile

from support import builds
from support.qmp import Qtest

BUTTON_A, BUTTON_B = 17, 26
GPIO_OUT = 0x50000504

# The schematic's rows and columns of the LEDs, counted from 1, in reading order.
LEDS = [(1, 1), (2, 4), (1, 2), (2, 5), (1, 3),
        (3, 4), (3, 5), (3, 6), (3, 7), (3, 8),
        (2, 2), (1, 9), (2, 3), (3, 9), (2, 1),
        (1, 8), (1, 7), (1, 6), (1, 5), (1, 4),
        (3, 3), (2, 7), (3, 1), (2, 6), (3, 2)]
# Readings of the pins. A display of which that many show no row is dark; one that is lit has gone
# through its rows often when each row has been seen to begin so often, however fast the host is.
LOOK = 600
ROUNDS = 4


def lit(out):
    """The LEDs that the pins drive, as a picture."""
    return sum(1 << pixel for pixel, (row, column) in enumerate(LEDS)
               if out >> 12 + row & 1 and not out >> 3 + column & 1)


class Board:
    """A guest, and what a person would do with the board."""

    def __init__(self, machines, mode, path, extra=(), **setup):
        self.guest = machines.boot(mode, extra=Qtest.arguments(path) + tuple(extra), **setup)
        self.guest.prompt()
        # From then on it listens to the buttons.
        self.guest.expect_all(["[demo] start"])
        self.qtest = Qtest(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.qtest.__exit__()

    def look(self):
        """What the eye sees: all LEDs that are on now and then, as a picture: bit n is pixel n."""
        picture, before, begun, readings = 0, 0, [0, 0, 0], 0
        while readings < LOOK or (any(begun) and min(begun) < ROUNDS and readings < 50 * LOOK):
            out = self.qtest.readl(GPIO_OUT)
            picture |= lit(out)
            for row in range(3):
                begun[row] += out >> 13 + row & 1 and not before >> 13 + row & 1
            before = out
            readings += 1
        return picture

    def wait_for_picture(self, picture):
        """Looks until this is shown. It takes until the next row at most."""
        while self.look() != picture:
            pass

    def sleep(self, ms):
        """Lets the guest's time pass."""
        def now():
            found = re.search(r"up (\d+):(\d\d):(\d\d)\.(\d{3})", self.guest.command("uptime"))
            hours, minutes, seconds, rest = map(int, found.groups())
            return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest
        end = now() + ms
        while now() < end:
            pass

    def set_button(self, pin, pressed):
        self.qtest.set_input("/machine/nrf51", "unnamed-gpio-in", pin, int(not pressed))

    @contextlib.contextmanager
    def pressed(self, pin):
        """Holds a button down for a while, then lets go for long enough to be noticed."""
        self.set_button(pin, True)
        yield
        self.set_button(pin, False)
        self.sleep(100)

    def picture(self):
        """Has the demo show a random picture, with button B; returns it."""
        with self.pressed(BUTTON_B):
            found = self.guest.expect(r"\[demo\] picture: ([0-9a-f]{7})$")
        return int(found.group(1), 16)

    def overflow(self, server):
        """Makes the next instructions of a server look as if its stack had overflowed."""
        self.qtest.writel(layout(self.guest)[server]["ram_base"], 0)


def layout(guest):
    """{program: where it is}, of the build that a guest runs."""
    mode = "release" if "microbit-release" in guest.log_path else "debug"
    text = (builds.build("microbit", mode) / "layout.json").read_text()
    return {place["name"]: place for place in json.loads(text)["programs"]}


def storage(mode):
    """(address, length) of the flash that keeps keys and values."""
    text = (builds.build("microbit", mode) / "layout.json").read_text()
    return json.loads(text)["reserved"]["storage"]


def with_storage(mode, content, path):
    """Arguments for QEMU: the storage has this content at the start."""
    path.write_bytes(content)
    return ("-device", f"loader,file={path},addr={storage(mode)[0]:#x},force-raw=on")


def function_address(path, name):
    """Where a function of a program begins."""
    with open(path, "rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(name)
        assert len(symbols) == 1, f"{path} has {len(symbols)} functions {name}"
        return symbols[0]["st_value"] & ~1


class Debugger:
    """A guest that stops at a place in a program: GDB's remote protocol, as far as that takes."""

    def __init__(self, machines, mode, path, **setup):
        self._guest = machines.boot(mode, gdb=f"unix:{path},server=on,wait=off", **setup)
        self._socket = socket.socket(socket.AF_UNIX)
        while self._socket.connect_ex(str(path)):
            assert self._guest.is_running()
        self._address = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _send(self, text):
        self._socket.sendall(f"${text}#{sum(text.encode()) % 256:02x}".encode())
        # Taken here: what can be read later is an answer, not that the command has arrived.
        assert self._socket.recv(1) == b"+"

    def _receive(self):
        data = b""
        while not re.search(rb"#..$", data):
            received = self._socket.recv(65536)
            assert received, "QEMU has ended"
            data += received
        self._socket.sendall(b"+")
        return data.decode()[1:-3]

    def _ask(self, text):
        self._send(text)
        return self._receive()

    def break_at(self, address):
        self._address = address
        assert self._ask(f"Z0,{address:x},2") == "OK"

    def go_on(self, until):
        """Runs on to that place. False: it said `until` first, and was stopped."""
        self._ask(f"z0,{self._address:x},2")
        self._ask("s")
        self._ask(f"Z0,{self._address:x},2")
        self._send("c")
        while until not in self._guest.text():
            if select.select([self._socket], [], [], 0)[0]:
                self._receive()
                return True
            self._guest.listen(0.05)
        self._socket.sendall(b"\x03")
        self._receive()
        return False

    def read(self, address, length):
        """Bytes of memory."""
        piece = 512
        return b"".join(bytes.fromhex(self._ask(f"m{at:x},{piece:x}"))
                        for at in range(address, address + length, piece))
