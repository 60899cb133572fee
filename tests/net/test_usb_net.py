"""The driver of USB network adapters on the Raspberry Pi, with QEMU's: with a program at the other
end of the cable. On QEMU's own network: test_usb_http.py."""

import random

import pytest

import frames
from resea import network
from support import builds
from support.qmp import Qmp
from support.wire import Wire
from test_nic import Echo, check_bursts, check_pieces, check_sizes, task_of

pytestmark = [pytest.mark.heavy(60), pytest.mark.board("raspi3"),
              pytest.mark.xdist_group("usb_net")]

MAC = "02:00:00:00:0a:01"


class UsbEcho(Echo):
    """A Pi that echoes. Its adapter is plugged in when the shell is there."""

    def __init__(self, machines, wire, socket):
        folder = builds.build("raspi3_net", "debug", "external=tests/net")
        self.wire = wire
        self.guest = machines.boot(folder=folder, extra=(
            *Qmp.arguments(socket), "-netdev", network.backend(wire.net)))
        self.guest.prompt()
        with Qmp(socket) as qmp:
            qmp.execute("device_add", driver="usb-net", netdev="net0", bus="usb-bus.0", mac=MAC)
        self.mac = b""
        self.wait_for_driver()
        assert self.mac == bytes.fromhex(MAC.replace(":", ""))

    def kill(self, name, generator):
        """Ends a server. Nothing is on the cable meanwhile. Of the frames that come next, some are
        lost: QEMU's controller goes on with transfers that it was told to halt, and they take a
        frame each."""
        self.guest.send(f"kill {task_of(self, name)}\n")
        self.wait_for_driver()
        sent = [self.command(frames.ECHO, data=generator.randbytes(100)) for _ in range(10)]
        expected = iter(sent)
        answer = None
        while answer != frames.echo_of(sent[-1]):
            answer = self.receive()
            assert any(answer == frames.echo_of(frame) for frame in expected)

    def check(self, generator):
        """Some frames, the first and the last of them of full packets."""
        for size in (64, 1514, 1500, 512, 1024):
            self.expect_echo(self.command(frames.ECHO, data=generator.randbytes(size - 16)))
        check_bursts(self, generator, 100)


def test_frames(machines, tmp_path):
    """It isn't unplugged again, nor is `dwc2` ended: QEMU's controller goes on asking bulk
    endpoints, and ends with an assertion when the device has no longer that address."""
    generator = random.Random("usb_net")
    with Wire() as wire:
        echo = UsbEcho(machines, wire, tmp_path / "qmp.sock")
        check_sizes(echo, generator)
        check_pieces(echo, generator)
        check_bursts(echo, generator, 1000)
        stats = echo.stats()
        assert stats["dropped"] == 0 and stats["attached"] == 1
        for name in ("usb_net", "net_echo", "usb_net"):
            echo.kill(name, generator)
            echo.check(generator)
        # Since net_echo was started again.
        assert echo.stats()["attached"] == 2
        echo.power_off()
