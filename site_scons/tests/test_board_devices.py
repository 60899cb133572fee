"""The header by which dm knows the devices of the manifest."""

from resea import board_devices, manifest, tomlfile

TEXT = """
[board]
arch = "toy"
description = "x"
[device.clock]
ports = "0x70+2"
irq = 8
shared = true
[device.a_device_with_a_name_too_long]
irq = 3
[device.pci_lines]
irq = [5, 6]
[device.unused]
mmio = "0x1000+4K"
[server.dm]
devices = ["pci_lines"]
[server.one]
devices = ["clock"]
[server.two]
devices = ["clock", "a_device_with_a_name_too_long"]
"""


def test_devices_are_listed_with_their_servers(tmp_path):
    parsed = manifest.parse("toy", tomlfile.parse(TEXT, "board.toml"), [])
    board_devices.write(parsed, tmp_path / "x.h")
    text = (tmp_path / "x.h").read_text()
    assert '{"clock", 8, {2, 3}}, \\' in text
    assert '{"a_device_with_a_name_to", 3, {3}}, \\' in text
    assert '{"unused", -1, {0}}, \\' in text
    assert "pci_lines" not in text
