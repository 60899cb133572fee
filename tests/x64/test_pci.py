"""dm: the devices that QEMU has are those that it lists; a driver gets their interrupts and DMA."""

import re

import pytest

from resea import qemu
from support import builds
from support.qmp import Qmp

# One group: its tests share a build folder, and so must not run side by side.
pytestmark = [pytest.mark.heavy(30), pytest.mark.xdist_group("pci")]

MACHINES = ("pc", "q35")
# A bridge, what is behind it, and a function that isn't the first of its device.
DEVICES = {
    "pc": ("-device", "pci-bridge,id=bridge,chassis_nr=1", "-device", "edu,bus=bridge,addr=3",
           "-device", "e1000e", "-device", "piix3-usb-uhci,addr=8.0,multifunction=on",
           "-device", "edu,addr=8.2"),
    "q35": ("-device", "pcie-root-port,id=rp,chassis=1", "-device", "virtio-rng-pci,bus=rp",
            "-device", "pcie-pci-bridge,id=bridge", "-device", "edu,bus=bridge,addr=3",
            "-device", "e1000e", "-device", "ich9-usb-uhci1,addr=8.0,multifunction=on",
            "-device", "edu,addr=8.2"),
}


def boot(machines, mode="debug", machine="pc", extra=(), **setup):
    """Boots the board that has the driver."""
    folder = builds.build("x64_pci", mode, "external=tests/x64")
    return machines.boot(mode, folder=folder, extra=("-machine", machine, *extra), **setup)


def power_off(guest):
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def functions(devices):
    """What query-pci tells of devices, as `devices` would: {address: (IDs, line or None)}."""
    found = {}
    for device in devices:
        address = f"{device['bus']:02x}:{device['slot']:02x}.{device['function']:x}"
        ids = f"{device['id']['vendor']:04x}:{device['id']['device']:04x}"
        is_bridge = device["class_info"]["class"] >> 8 == 6
        found[address] = (ids, None if is_bridge else device.get("irq") or None)
        found.update(functions(device.get("pci_bridge", {}).get("devices", [])))
    return found


def listed(text):
    """The same of what `devices` printed."""
    rows = re.findall(r"^([0-9a-f]{2}:[0-9a-f]{2}\.\d) +([0-9a-f]{4}:[0-9a-f]{4}) .{24} (\S+)",
                      text, re.MULTILINE)
    return {address: (ids, None if irq == "-" else int(irq)) for address, ids, irq in rows}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_devices_are_those_of_qemu(machines, tmp_path, machine, mode, cpus):
    extra = DEVICES[machine] + Qmp.arguments(tmp_path / "qmp.sock")
    guest = boot(machines, mode, machine, extra, cpus=cpus)
    guest.prompt()
    text = guest.command("devices")
    found = listed(text)
    assert re.search(r"^board +rtc +8 +\S+ +0$", text, re.MULTILINE) and "pci_lines" not in text
    with Qmp(tmp_path / "qmp.sock") as qmp:
        buses = qmp.execute("query-pci")
    wanted = functions(device for bus in buses for device in bus["devices"])
    assert found == wanted
    assert len(found) >= 9 and any(not address.startswith("00:") for address in found)
    for command in ("intx", "msi", "msix", "copy"):
        guest.command(f"pci_probe {command}")
    power_off(guest)
    for said in ("edu: 1000 interrupts on line 1[01]", "edu: 1000 interrupts on line 32",
                 "e1000e: 2000 interrupts on lines 32 and 33", "edu: 2048 bytes there and back"):
        assert re.search(said, guest.text()), guest.text()


@pytest.mark.parametrize("machine", MACHINES)
def test_two_drivers_share_a_line(machines, machine, cpus):
    extra = ("-device", "edu,addr=5", "-device", "edu,addr=9")
    guest = boot(machines, "debug", machine, extra, cpus=cpus)
    guest.prompt()
    guest.send("pci_probe intx &\npci_probe intx\n")
    lines = {guest.expect(r"edu: 1000 interrupts on line (\d+)\n")[1] for _ in range(2)}
    assert len(lines) == 1
    power_off(guest)


def driver_of(text, address):
    """The driver and the restarts of a device, from what `devices` printed."""
    return re.search(rf"^{address} .* (\S+) +(\d+)$", text, re.MULTILINE).groups()


@pytest.mark.parametrize("machine", MACHINES)
def test_a_device_stops_when_its_driver_ends(machines, tmp_path, machine, mode, cpus):
    extra = ("-device", "edu,addr=5", *Qmp.arguments(tmp_path / "qmp.sock"))
    guest = boot(machines, mode, machine, extra, cpus=cpus)
    guest.prompt()
    guest.command("pci_probe copy")
    place = re.search(r"edu: writes to (0x[0-9a-f]+),", guest.command("pci_probe crash"))[1]
    # It waits until the device would have written.
    guest.command("pci_probe intx")
    assert "1000 interrupts" in guest.text()
    with Qmp(tmp_path / "qmp.sock") as qmp:
        seen = qmp.execute("human-monitor-command",
                           **{"command-line": f"xp /16xb {int(place, 16) + 0x100:#x}"})
    # What is in the device's buffer.
    assert "0x01 0x08 0x0f 0x16" not in seen and "0x" in seen
    assert driver_of(guest.command("devices"), "00:05.0") == ("-", "2")
    guest.command("pci_probe copy")
    assert guest.text().count("2048 bytes there and back") == 2
    power_off(guest)


def test_a_new_dm_ends_the_drivers_of_the_old_one(machines, cpus):
    guest = boot(machines, "debug", "q35", ("-device", "edu,addr=5", "-device", "virtio-rng-pci"),
                 cpus=cpus)
    guest.prompt()
    guest.send("pci_probe stay &\n")
    guest.expect("edu: stays")
    assert driver_of(guest.command("devices"), "00:05.0") == ("pci_probe", "0")
    dm = re.search(r"^ *(\d+) dm ", guest.command("ps"), re.MULTILINE)[1]
    guest.send(f"kill {dm}\n")
    guest.expect("pci_probe has lost its device")
    assert driver_of(guest.command("devices"), "00:05.0") == ("-", "0")
    assert "1000 interrupts" in guest.command("pci_probe msi")
    power_off(guest)


def test_a_function_is_reset_for_the_next_driver(machines, mode):
    guest = boot(machines, mode, "q35", DEVICES["q35"])
    guest.prompt()
    for _ in range(3):
        assert guest.command("pci_probe virtio") == "virtio: status 0\n"
    power_off(guest)
