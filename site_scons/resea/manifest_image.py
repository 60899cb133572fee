"""The binary form of a board manifest, for vm: libs/common/include/manifest.h."""

import struct

_MAGIC = 0x464d5352
_VERSION = 1
_NONE = 0xffff
_HEADER = struct.Struct("<IHHHHHH")
_SERVER = struct.Struct("<32sIBBBBHHHHHHI")
_GRANT = struct.Struct("<IIQQ")
_SERVICE = struct.Struct("<32s")
_GRANT_IRQ, _GRANT_PORTS, _GRANT_MMIO = 1, 2, 3
_NO_RESTART = {"policy": 0, "max": 0, "backoff_ms": 0}


def pack(manifest, arch):
    """The bytes of the bootfs file "manifest"."""
    servers, grants, services = [], [], []
    for server in manifest.servers:
        own_grants = _grants(manifest, server)
        entry = _pack_server(server, arch.page_size, len(grants), len(own_grants), len(services))
        entry += _bitmap(server.calls, arch.max_servers)
        servers.append(entry.ljust(-(-len(entry) // 8) * 8, b"\0"))
        grants += own_grants
        services += [_SERVICE.pack(name.encode()) for name in server.provides]
    default = (manifest.servers.index(manifest.app_default) if manifest.app_default else _NONE)
    header = _HEADER.pack(_MAGIC, _VERSION, len(servers), len(grants), len(services), default, 0)
    return header + b"".join(servers + grants + services)


def _pack_server(server, page_size, first_grant, num_grants, first_service):
    restart = server.restart or _NO_RESTART
    max_pages = -(-server.max_memory // page_size)
    return _SERVER.pack(
        server.name.encode(), server.rights, server.autostart, server.priority,
        restart["policy"], 0, restart["max"], restart["backoff_ms"], first_grant, num_grants,
        first_service, len(server.provides), max_pages)


def _bitmap(numbers, size):
    """A bit for each server that there can be, in whole words of 32 bits."""
    return sum(1 << n for n in numbers).to_bytes(-(-size // 32) * 4, "little")


def _runs(numbers):
    """Numbers that follow each other, put together: (first, count)."""
    runs = []
    for number in numbers:
        if runs and number == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return runs


def _grants(manifest, server):
    grants = []
    for name in server.devices:
        device = manifest.devices[name]
        grants += [_GRANT.pack(_GRANT_IRQ, 0, *run) for run in _runs(device.irqs)]
        grants += [_GRANT.pack(_GRANT_PORTS, 0, *r) for r in device.ports]
        grants += [_GRANT.pack(_GRANT_MMIO, 0, *r) for r in device.mmio]
    return grants
