"""board_devices.h, by which dm knows the devices of the manifest: names, and whose they are."""

from resea.files import write_if_changed

NAME_LEN = 24     # DM_NAME_LEN
SERVERS_MAX = 4   # BOARD_DEVICE_SERVERS_MAX
_MANAGER = "dm"   # What it has it hands out: those aren't devices, but where some may be.


def write(manifest, path):
    """Writes the header, if it would change."""
    rows = [_row(device, _servers(manifest, device.name)) for device in _listed(manifest)]
    lines = ["// Made by the build from the manifest: name, first interrupt line or -1, numbers of",
             "// the servers that have it, as in GRANT_SERVER.",
             f"#define BOARD_DEVICE_SERVERS_MAX {SERVERS_MAX}",
             "#define BOARD_DEVICES \\"] + [f"    {row}, \\" for row in rows]
    write_if_changed(path, "\n".join(lines) + "\n\n")


def _listed(manifest):
    managed = {name for server in manifest.servers if server.name == _MANAGER
               for name in server.devices}
    return [device for device in manifest.devices.values() if device.name not in managed]


def _servers(manifest, name):
    numbers = [i for i, server in enumerate(manifest.servers) if name in server.devices]
    return numbers[:SERVERS_MAX]


def _row(device, servers):
    irq = device.irqs[0] if device.irqs else -1
    return f'{{"{device.name[:NAME_LEN - 1]}", {irq}, {{{", ".join(map(str, servers or [0]))}}}}}'
