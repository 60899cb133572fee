"""Network drivers with a program at the other end of the cable: what it sends comes back from the
server net_echo, which stands for TCP/IP, as it asks; while drivers end, too."""

import random
import re

import pytest

import frames
from resea import qemu
from support import builds
from support.qmp import Qmp
from support.wire import Wire

# One group: its tests share a build folder, and so must not run side by side.
pytestmark = [pytest.mark.heavy(60), pytest.mark.board("x64"), pytest.mark.xdist_group("nic")]

# With the chipset and the number of CPUs.
CARDS = [("e1000", "pc", 4), ("e1000e", "q35", 4), ("e1000-82545em", "q35", 1),
         ("e1000-82544gc", "pc", 1), ("virtio-modern", "q35", 4), ("virtio-legacy", "pc", 1)]
# Programs that end, and the card that they have to do with.
VICTIMS = [("e1000", "e1000", 4), ("e1000", "e1000", 1), ("net_echo", "e1000", 4),
           ("virtio_net", "virtio", 4)]


class Echo:
    """A guest that echoes, and the cable to it."""

    def __init__(self, machines, wire, card, chipset, cpus, extra=()):
        folder = builds.build("x64_net", "debug", "external=tests/net")
        self.wire = wire
        self.guest = machines.boot(folder=folder, net=wire.net, nic=card, cpus=cpus,
                                   extra=("-machine", chipset, *extra))
        self.mac = b""
        self.wait_for_driver()

    def wait_for_driver(self):
        """Waits until a driver is there, and has told of its link."""
        address = self.guest.expect(r"attached: .* address ([0-9a-f:]+)\n")[1]
        self.mac = bytes.fromhex(address.replace(":", ""))
        self.guest.expect(r"link 1, \d+ Mbit/s")

    def command(self, number, argument=0, data=b""):
        frame = frames.command(self.mac, number, argument, data)
        self.wire.send(frame)
        return frame

    def receive(self):
        frame = self.wire.receive()
        assert frame is not None, self.guest.text()
        return frame

    def expect_echo(self, frame):
        assert self.receive() == frames.echo_of(frame)

    def stats(self):
        self.command(frames.STATS)
        return frames.stats_of(self.receive())

    def power_off(self):
        self.guest.send("poweroff\n")
        assert self.guest.wait() == qemu.EXIT_SUCCESS


def check_sizes(echo, generator):
    """Frames of all sizes, one after the other."""
    for size in range(frames.FRAME_MIN, 1515):
        echo.expect_echo(echo.command(frames.ECHO, data=generator.randbytes(size - 16)))


def check_pieces(echo, generator):
    for pieces in range(1, 49):
        data = generator.randbytes(generator.randint(44, 1498))
        echo.expect_echo(echo.command(frames.PIECES, pieces, data))


def check_bursts(echo, generator, count):
    """So many frames, up to 300 of them at a time; all come back, in order."""
    under_way = []
    for _ in range(count):
        pieces = generator.choice((1, 1, 2, 5, 30))
        data = generator.randbytes(generator.choice((44, 44, 1498, generator.randint(44, 1498))))
        under_way.append(echo.command(frames.PIECES, pieces, data))
        if len(under_way) == 300:
            for _ in range(generator.randint(1, 300)):
                echo.expect_echo(under_way.pop(0))
    for frame in under_way:
        echo.expect_echo(frame)


def check_checksums(echo, generator):
    if not echo.stats()["features"] & frames.TX_CHECKSUM:
        return
    for version in (4, 6):
        for protocol in (frames.TCP, frames.UDP):
            # Twice of each: the second one uses what the card was told for the first.
            for size in (1, 2, 999, 1000):
                packet = frames.Packet(version, protocol, generator.randbytes(size))
                echo.command(frames.CHECKSUM, 0, packet.arguments() + packet.headers()
                             + packet.payload)
                assert frames.check(echo.receive(), packet) == packet.payload


def check_segments(echo, generator):
    if echo.stats()["features"] & frames.TX_SEGMENT4:
        for mss in (536, 1220, 1400 + generator.randint(0, 39)):
            # Those around 1400 are such that the last frame has a single byte, or is full.
            for size in (mss, mss + 1, 2 * mss, 65000, generator.randint(1, 65000)):
                packet = frames.Packet(4, frames.TCP, frames.pattern(size))
                echo.command(frames.SEGMENT, 0, packet.arguments(mss) + packet.headers())
                parts = [echo.receive() for _ in range(-(-size // mss))]
                frames.check_parts(parts, packet, mss)
                if size % mss == 0:
                    # QEMU's 8254x send the headers alone behind that.
                    assert frames.check(echo.receive(), packet) == b""


def check_what_is_received(echo, generator, checks):
    """What a card says of checksums: nothing, or the truth."""
    for wrong in (False, True):
        packet = frames.Packet(4, frames.TCP, generator.randbytes(500))
        echo.wire.send(packet.complete(echo.mac, wrong))
        answer = echo.receive()
        assert answer[14] == frames.CHECKED
        assert answer[15] == (checks and not wrong)


def check_nonsense(echo):
    """What the server asks for and can't be is skipped by the driver's library."""
    packet = frames.Packet(4, frames.TCP, frames.pattern(3000))
    right = packet.arguments(1000)
    for at, number in ((0, 0), (0, 5000), (2, 0xfff0), (4, 0), (4, 60000), (6, 3), (6, 1500)):
        wrong = right[:at] + number.to_bytes(2, "big") + right[at + 2:]
        echo.command(frames.SEGMENT, 0, wrong + packet.headers())
    echo.expect_echo(echo.command(frames.ECHO, data=b"still there" * 5))


def check_link(echo, path):
    with Qmp(path) as qmp:
        qmp.execute("set_link", name="net0", up=False)
        echo.guest.expect(r"link 0")
        qmp.execute("set_link", name="net0", up=True)
        echo.guest.expect(r"link 1, \d+ Mbit/s")
    echo.expect_echo(echo.command(frames.ECHO, data=b"back again" * 5))


@pytest.mark.parametrize("card, chipset, count", CARDS)
def test_frames(machines, tmp_path, card, chipset, count):
    generator = random.Random(card)
    with Wire() as wire:
        echo = Echo(machines, wire, card, chipset, count,
                    Qmp.arguments(tmp_path / "qmp.sock"))
        check_sizes(echo, generator)
        check_pieces(echo, generator)
        check_bursts(echo, generator, 4000)
        check_checksums(echo, generator)
        check_segments(echo, generator)
        check_what_is_received(echo, generator, card == "e1000e")
        check_nonsense(echo)
        check_link(echo, tmp_path / "qmp.sock")
        stats = echo.stats()
        assert stats["dropped"] == 0 and stats["attached"] == 1
        echo.power_off()


def task_of(echo, name):
    """The ID of a program."""
    echo.guest.send("ps\n")
    table = echo.guest.expect(r"TASK NAME[\s\S]*?resea> ")[0]
    return re.search(rf"^ *(\d+) {name} ", table, re.MULTILINE)[1]


@pytest.mark.parametrize("victim, card, count", VICTIMS)
def test_one_side_ends(machines, victim, card, count):
    """The driver, or the server, is killed while frames go to and fro. What comes back is what was
    sent, in order; and all of it once both sides are there again."""
    generator = random.Random(victim)
    kills = 5
    with Wire() as wire:
        echo = Echo(machines, wire, card, "pc", count)
        for kill in range(kills):
            sent = []
            echo.guest.send(f"kill {task_of(echo, victim)}\n")
            for _ in range(200 + generator.randint(0, 300)):
                sent.append(echo.command(frames.PIECES, generator.randint(1, 4),
                                         generator.randbytes(generator.randint(44, 1498))))
            echo.wait_for_driver()
            last = echo.command(frames.ECHO, data=f"after kill {kill}".encode() * 4)
            expected = iter([*sent, last])
            answer = None
            while answer != frames.echo_of(last):
                answer = echo.receive()
                assert any(answer == frames.echo_of(frame) for frame in expected)
            check_bursts(echo, generator, 400)
        attached = echo.stats()["attached"]
        assert attached == (1 if victim == "net_echo" else kills + 1)
        echo.power_off()
