"""The Raspberry Pi 3 as these tests start it, and what only they need: device trees, and a look at
where the CPUs are."""

import contextlib
import json
import re
import socket
import struct

from elftools.elf.elffile import ELFFile

from resea import manifest, qemu
from support import builds

KERNEL_PADDR = 0x80000
# The permanently undefined instruction, UDF #0.
UDF = 0


def machine():
    """The board as QEMU is to build it."""
    board = manifest.load("raspi3", lambda name: builds.TOP / "boards" / name)
    return qemu.machine_of(board, "qemu-system-aarch64")


def boot(machines, mode, folder=None, model=None, **setup):
    """Boots the board, or what is in another build folder, and returns the guest."""
    folder = folder or builds.build("raspi3", mode)
    words = qemu.command(model or machine(), qemu.Setup(**setup), folder / "kernel8.img")
    return machines.start(words, folder)


class DeviceTree:
    """Makes a flattened device tree (Devicetree Specification 0.3, chapter 5)."""

    def __init__(self):
        self.tokens, self.strings, self.reserved = b"", b"", []

    def node(self, name, properties, children=()):
        """Adds a node: {name: value}, and [(name, properties, children), …]. Strings are
        terminated, lists are 32-bit cells."""
        self.tokens += struct.pack(">I", 1) + _padded(name.encode() + b"\0")
        for key, value in properties.items():
            data = (value.encode() + b"\0" if isinstance(value, str)
                    else struct.pack(f">{len(value)}I", *value))
            self.tokens += struct.pack(">III", 3, len(data), len(self.strings)) + _padded(data)
            self.strings += key.encode() + b"\0"
        for child in children:
            self.node(*child)
        self.tokens += struct.pack(">I", 2)

    def blob(self):
        """The whole of it."""
        tokens = self.tokens + struct.pack(">I", 9)
        ranges = b"".join(struct.pack(">QQ", *r) for r in self.reserved + [(0, 0)])
        at = 40 + len(ranges)
        header = struct.pack(">10I", 0xd00dfeed, at + len(tokens) + len(self.strings), at,
                             at + len(tokens), 40, 17, 16, 0, len(self.strings), len(tokens))
        return header + ranges + tokens + self.strings


def _padded(data):
    return data + bytes(-len(data) % 4)


def pi_tree(reserved=(), holes=()):
    """A tree that says what the firmware's says, as far as the kernel reads it. `reserved`: ranges
    of the memory reservation block; `holes`: of /reserved-memory."""
    tree = DeviceTree()
    tree.reserved = list(reserved)
    cpus = [(f"cpu@{n}", {"device_type": "cpu", "reg": [n], "enable-method": "spin-table",
                          "cpu-release-addr": [0, 0xd8 + 8 * n]}) for n in range(4)]
    tree.node("", {"#address-cells": [1], "#size-cells": [1]},
              [("chosen", {"bootargs": ""}),
               ("memory@0", {"device_type": "memory", "reg": [0, 0x3b400000]}),
               ("reserved-memory", {"#address-cells": [1], "#size-cells": [1], "ranges": []},
                [(f"hole@{base:x}", {"reg": [base, size]}) for base, size in holes]),
               ("cpus", {"#address-cells": [1], "#size-cells": [0]}, cpus)])
    return tree.blob()


def functions(elf):
    """Addresses of the kernel's functions, sorted: [(address, name), …]."""
    with open(elf, "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return sorted((s["st_value"], s.name) for s in table.iter_symbols()
                      if s["st_info"]["type"] == "STT_FUNC")


def where_cpus_are(path, elf):
    """The kernel's functions that the CPUs execute, asked over QMP: a name each, "" if in none."""
    known = functions(elf)
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(path))
        stream = link.makefile("rw")
        stream.readline()
        for request in ({"execute": "qmp_capabilities"},
                        {"execute": "human-monitor-command",
                         "arguments": {"command-line": "info registers -a"}}):
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            answer = json.loads(stream.readline())
            while "return" not in answer:
                answer = json.loads(stream.readline())
    pcs = [int(pc, 16) for pc in re.findall(r"\bPC=([0-9a-f]{16})", answer["return"])]
    return [max((f for f in known if f[0] <= pc), default=(0, ""))[1] for pc in pcs]


def place_of(server, function):
    """The physical address of a function of a program that is run in place from bootfs, which is in
    place in the kernel's image."""
    folder = builds.build("raspi3", "debug")
    with open(folder / "servers" / f"{server}.elf", "rb") as file:
        elf = ELFFile(file)
        address = elf.get_section_by_name(".symtab").get_symbol_by_name(function)[0]["st_value"]
        text = elf.get_section_by_name(".text")
        start, data = text["sh_addr"], text.data()
    image = (folder / "kernel8.img").read_bytes()
    at = image.find(data)
    assert at >= 0 and image.find(data, at + 1) < 0, f"where is {server} in the image?"
    return KERNEL_PADDR + at + address - start


@contextlib.contextmanager
def broken(qtest, server, function):
    """In here, a program of the debug build crashes when it calls one of its functions."""
    place = place_of(server, function)
    whole = qtest.readl(place)
    qtest.writel(place, UDF)
    yield
    qtest.writel(place, whole)
