"""USB on the Raspberry Pi: QEMU's keyboards, hubs and other devices, plugged and unplugged by QMP,
and drivers that are ended meanwhile."""

import re
import time

import pytest

from raspi3 import boot
from resea import qemu
from support import keys
from support.qmp import Qmp

pytestmark = pytest.mark.board("raspi3")

# Seconds until what is plugged in must be known. It takes half a second for each level of hubs.
PATIENCE = 120

KEYBOARD = "0627:0001 QEMU QEMU USB Keyboard"
HUB = "0409:55aa QEMU QEMU USB Hub"
DRIVEN = "interface 0: human interface (3/1/1), 1 endpoint, usb_kbd"


def start(machines, tmp_path, mode, *devices, extra=()):
    """Returns the guest at its prompt, and QMP."""
    words = [word for device in devices for word in ("-device", device)]
    guest = boot(machines, mode, extra=(*Qmp.arguments(tmp_path / "qmp.sock"), *words, *extra))
    guest.prompt()
    return guest, Qmp(tmp_path / "qmp.sock")


def tree(guest):
    """Lines of what `usb` tells: how far it is indented, and the text."""
    return [(len(line) - len(line.lstrip()), line.strip())
            for line in guest.command("usb").splitlines() if line.strip()]


def expect_tree(guest, *expected):
    """Looks until there is just this: (indentation, beginning of the line, end of it)."""
    def fits(found):
        return len(found) == len(expected) and all(
            indent == at and line.startswith(begin) and line.endswith(end)
            for (at, line), (indent, begin, end) in zip(found, expected))

    deadline = time.monotonic() + PATIENCE
    found = tree(guest)
    while not fits(found):
        assert time.monotonic() < deadline, found
        found = tree(guest)


def keyboard(indent, port, speed="12 Mbit/s"):
    """The two lines of a keyboard that works."""
    return ((indent, f"port {port}: {KEYBOARD}, {speed}, address ", "100 mA"),
            (indent + 2, DRIVEN, ""))


def task_of(guest, name):
    """The task that a program is, and how many messages it has had; (0, 0): it doesn't run."""
    line = re.search(rf"^ *(\d+) {name} .* (\d+)$", guest.command("ps"), re.M)
    return (int(line[1]), int(line[2])) if line else (0, 0)


def kill(guest, name):
    """Ends a server, and waits until it has been started again."""
    old, _ = task_of(guest, name)
    guest.command(f"kill {old}")
    deadline = time.monotonic() + PATIENCE
    while task_of(guest, name)[0] in (0, old):
        assert time.monotonic() < deadline, f"{name} isn't started again"


def end(guest):
    """Powers off."""
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_what_is_typed_on_a_keyboard_is_carried_out(machines, tmp_path, mode):
    guest, qmp = start(machines, tmp_path, mode, "usb-kbd,bus=usb-bus.0,port=1")
    with qmp:
        expect_tree(guest, *keyboard(0, 1, "480 Mbit/s"))
        keys.type_line(guest, qmp, "echo Hello to A-b")
        guest.expect(r"^Hello to A-b$")
        guest.prompt()
        # The serial line goes on to work beside it.
        assert "Hello, World!" in guest.command("hello")
        keys.type_line(guest, qmp, "poweroff")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_devices_come_and_go(machines, tmp_path, mode):
    (tmp_path / "disk.img").write_bytes(bytes(1 << 20))
    guest, qmp = start(machines, tmp_path, mode, "usb-hub,id=outer,port=1",
                       "usb-kbd,id=first,port=1.1", extra=("-audiodev", "none,id=silence"))
    hub = (0, f"port 1: {HUB}, 12 Mbit/s, address ", "hub with 8 ports")
    with qmp:
        def plug(driver, name, port, **more):
            qmp.execute("device_add", driver=driver, id=name, bus="usb-bus.0", port=port, **more)

        expect_tree(guest, hub, *keyboard(2, 1))
        plug("usb-kbd", "second", "1.2")
        expect_tree(guest, hub, *keyboard(2, 1), *keyboard(2, 2))
        # Whatever is typed, the last one has the focus; then the first one has it again.
        keys.type_line(guest, qmp, "echo second")
        guest.expect("^second$")
        guest.prompt()
        qmp.execute("device_del", id="second")
        expect_tree(guest, hub, *keyboard(2, 1))
        keys.type_line(guest, qmp, "echo first")
        guest.expect("^first$")
        guest.prompt()

        plug("usb-hub", "inner", "1.3")
        plug("usb-mouse", "mouse", "1.3.8")
        qmp.execute("blockdev-add", driver="raw", **{"node-name": "image", "file": {
            "driver": "file", "filename": str(tmp_path / "disk.img")}})
        plug("usb-storage", "disk", "1.4", drive="image")
        plug("usb-audio", "audio", "1.5", audiodev="silence")
        expect_tree(
            guest, hub, *keyboard(2, 1),
            (2, f"port 3: {HUB}, ", "hub with 8 ports"),
            (4, "port 8: 0627:0001 QEMU QEMU USB Mouse, ", "100 mA"),
            (6, "interface 0: human interface (3/1/2), 1 endpoint, no driver", ""),
            (2, "port 4: 46f4:0001 QEMU QEMU USB HARDDRIVE, ", ""),
            (4, "interface 0: storage (8/6/80), 2 endpoints, no driver", ""),
            (2, "port 5: 46f4:0002 QEMU QEMU USB Audio, ", ""),
            (4, "interface 0: audio (1/1/4), 0 endpoints, no driver", ""),
            (4, "interface 1: audio (1/2/0), 0 endpoints, no driver", ""))
        qmp.execute("device_del", id="outer")
        expect_tree(guest, (0, "nothing is plugged in", ""))
        plug("usb-kbd", "third", "1")
        expect_tree(guest, *keyboard(0, 1, "480 Mbit/s"))
    end(guest)


def test_keyboards_work_again_when_a_driver_has_ended(machines, tmp_path, mode):
    guest, qmp = start(machines, tmp_path, mode, "usb-hub,port=1", "usb-kbd,port=1.4")
    expected = ((0, f"port 1: {HUB}, ", "hub with 8 ports"), *keyboard(2, 4))
    with qmp:
        expect_tree(guest, *expected)
        for name in ("usb_kbd", "dwc2", "usb_kbd", "dwc2"):
            kill(guest, name)
            expect_tree(guest, *expected)
            keys.type_line(guest, qmp, "echo still here")
            guest.expect("^still here$")
            guest.prompt()
    end(guest)


def test_nothing_runs_when_nothing_is_plugged_in(machines, mode):
    guest = boot(machines, mode)
    guest.prompt()
    expect_tree(guest, (0, "nothing is plugged in", ""))
    # Those that start ask each other.
    while not all(re.search(rf"^ *\d+ {name} +recv +any ", guest.command("ps"), re.M)
                  for name in ("dwc2", "usb_kbd", "usb_net")):
        pass
    before = [task_of(guest, name) for name in ("dwc2", "usb_kbd")]
    guest.command("utils sleep 1000")
    assert [task_of(guest, name) for name in ("dwc2", "usb_kbd")] == before
    end(guest)
