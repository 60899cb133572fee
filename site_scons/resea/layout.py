"""Where things go on a board without an MMU: flash and RAM, laid out from the manifest.

    flash:  kernel, program table, manifest | vm | shell | … | free | command line | devices' flash
    RAM:    kernel | vm | shell | … | overlays, each as large as its largest program | free

A program runs in place: it is linked for its own piece of flash and its own piece of RAM, which
begins with the stack, so that a stack that overflows runs into the guard words and not into data:

    | stack, `stack` bytes | data | bss | heap, up to `ram` bytes |

Nothing here reads files or knows SCons: flash_image does.
"""

import json
import struct
from dataclasses import asdict, dataclass, field

from resea.output import size

KERNEL = "kernel"
_ALIGN = 8
_CHUNK_HEADER = 8  # what malloc keeps beside a block (libs/resea/src/heap.h)

_TABLE = struct.Struct("<IHHIIIIIIII")
_ENTRY = struct.Struct("<24sIIIIII")
_TABLE_MAGIC = 0x54505352
_TABLE_VERSION = 1


@dataclass(frozen=True)
class Sizes:
    """Bytes of a linked program: code and constants; data, which takes flash and RAM; bss."""

    text: int
    data: int
    bss: int

    @property
    def flash(self):
        return self.text + self.data


@dataclass(frozen=True)
class Program:
    """What the manifest gives a program. `ool` is the longest payload that it can receive."""

    name: str
    ram: int
    stack: int
    ool: int = 0
    overlay: str = None


@dataclass
class Place:
    """A program's (or the kernel's, whose RAM is all in `bss`) pieces of flash and RAM."""

    name: str
    flash_base: int
    flash_len: int
    ram_base: int
    ram_len: int
    stack: int = 0
    data: int = 0
    bss: int = 0
    heap: int = 0
    ool: int = 0
    overlay: str = None


@dataclass
class Layout:
    """`flash` and `ram` are (base, len) of all there is, `cmdline` those of the page that has the
    kernel's command line; `table` is the program table's address; `reserved` is {device: (base,
    len)}."""

    flash: tuple
    ram: tuple
    cmdline: tuple
    table: int
    kernel: Place
    programs: list
    reserved: dict = field(default_factory=dict)
    flash_free: int = 0
    ram_free: int = 0


class Board:
    """What a layout is made for. `error(name, what)` makes the exception about a program, or about
    the board if the name is None."""

    def __init__(self, flash, ram, page_size, reserved, error):
        self.flash = flash
        self.ram = ram
        self.page_size = page_size
        self.reserved = reserved
        self.error = error


def lay_out(board, kernel, table, programs):
    """The Layout. `kernel` are the kernel's Sizes, `table` is where it has the program table,
    `programs` is a list of (Program, Sizes)."""
    for program, sizes in programs:
        _check_ram(board, program, sizes)
    flash_end, cmdline = _flash_end(board)
    places = [Place(KERNEL, board.flash[0], kernel.flash, board.ram[0],
                    _align(kernel.data + kernel.bss), data=kernel.data, bss=kernel.bss)]
    places += [_place(program, sizes) for program, sizes in programs]
    flash_used = _place_flash(board, places, flash_end)
    ram_used = _place_ram(board, places)
    return Layout(board.flash, board.ram, cmdline, table, places[0], places[1:],
                  dict(board.reserved), flash_end - flash_used,
                  board.ram[0] + board.ram[1] - ram_used)


def _align(value):
    return -(-value // _ALIGN) * _ALIGN


def _place(program, sizes):
    heap = program.ram - program.stack - sizes.data - sizes.bss
    return Place(program.name, 0, sizes.flash, 0, program.ram, program.stack, sizes.data,
                 sizes.bss, heap, program.ool, program.overlay)


def _check_ram(board, program, sizes):
    """A program's own RAM holds what it is sure to need."""
    payload = _align(program.ool + 2 * _CHUNK_HEADER) if program.ool else 0
    parts = {"stack": program.stack, "data": sizes.data, "bss": sizes.bss, "payload": payload}
    needed = sum(parts.values())
    if needed > program.ram:
        listed = ", ".join(f"{what} {amount}" for what, amount in parts.items() if amount)
        raise board.error(program.name, f"needs {needed} bytes of RAM ({listed}), but its 'ram' is "
                                        f"{program.ram}: raise it by {_align(needed - program.ram)}"
                                        ", or make the program smaller by its options")


def _flash_end(board):
    """Where programs must end, and the command line's page, which is the last one before that."""
    flash_base, flash_len = board.flash
    end = flash_base + flash_len
    for what, (base, length) in board.reserved.items():
        if base + length != end:
            raise board.error(None, f"the flash of device '{what}', {base:#x}+{length:#x}, must "
                                    f"end at {end:#x}: programs are in front of all devices' flash")
        end = base
    return end - board.page_size, (end - board.page_size, board.page_size)


def reserved(devices, flash):
    """What devices have of the flash, from the highest address down: {device: (base, len)}."""
    flash_base, flash_len = flash
    found = [(base, length, device.name) for device in devices for base, length in device.mmio
             if flash_base <= base < flash_base + flash_len]
    return {name: (base, length) for base, length, name in sorted(found, reverse=True)}


def _place_flash(board, places, end):
    address = board.flash[0]
    for place in places:
        place.flash_base = address
        address = _align(address + place.flash_len)
        if address > end:
            total = sum(_align(p.flash_len) for p in places)
            raise board.error(place.name if place.name != KERNEL else None, _too_much(
                "flash", end - board.flash[0], total, {p.name: p.flash_len for p in places}))
    return address


def _place_ram(board, places):
    """Programs one after another, each overlay where its first program stands."""
    overlays, address = {}, board.ram[0]
    for place in places:
        if place.overlay in overlays:
            place.ram_base = overlays[place.overlay]
            continue
        place.ram_base = address
        if place.overlay:
            overlays[place.overlay] = address
        address += _ram_share(places, place)
        if address > board.ram[0] + board.ram[1]:
            shares = ram_shares(places)
            raise board.error(_culprit(places, place), _too_much(
                "RAM", board.ram[1], sum(shares.values()), shares))
    return address


def _ram_share(places, place):
    """What a program takes, or the largest of its overlay."""
    if not place.overlay:
        return place.ram_len
    return max(p.ram_len for p in places if p.overlay == place.overlay)


def _culprit(places, place):
    """The program that doesn't fit, of an overlay its largest one."""
    if place.name == KERNEL:
        return None
    share = _ram_share(places, place)
    return next(p.name for p in places if p is place or p.overlay and p.overlay == place.overlay
                if p.ram_len == share)


def ram_shares(places):
    """{who: bytes of RAM}, an overlay being one."""
    shares = {}
    for place in places:
        name = f"overlay '{place.overlay}'" if place.overlay else place.name
        shares[name] = _ram_share(places, place)
    return shares


def _too_much(what, there, needed, users):
    largest = sorted(users.items(), key=lambda item: -item[1])
    advice = {"RAM": "make some `ram` smaller, or let programs that never run at the same time "
                     "share it by the same memory.overlay",
              "flash": "leave programs out, or build=release"}[what]
    return (f"doesn't fit: there are {there} bytes of {what}, and {needed} are needed, "
            f"{needed - there} too many ("
            + ", ".join(f"{name} {amount}" for name, amount in largest) + f"); {advice}")


def table_len(num_programs):
    """Bytes of the program table, the manifest behind it not included."""
    return _TABLE.size + num_programs * _ENTRY.size


def pack_table(layout, entries, manifest_len):
    """The program table (libs/common/include/program_table.h), but for the manifest's address,
    which is a relocation: (bytes before it, bytes behind it). `entries`: {program: entry point}."""
    head = _TABLE.pack(_TABLE_MAGIC, _TABLE_VERSION, len(layout.programs), 0, manifest_len,
                       *layout.cmdline, *layout.ram, layout.kernel.ram_len, 0)
    programs = [_ENTRY.pack(p.name.encode(), entries[p.name], p.flash_base, p.flash_len,
                            p.ram_base, p.ram_len, p.stack) for p in layout.programs]
    return head[:8], head[12:] + b"".join(programs)


def assembly(parts, manifest):
    """The object that the kernel is linked with. `parts` are pack_table's."""
    def data(content):
        return [".byte " + ",".join(str(b) for b in content[i:i + 16])
                for i in range(0, len(content), 16)]
    return "\n".join(
        ['.section .program_table, "a"', ".balign 8", ".global __program_table",
         "__program_table:", *data(parts[0]), ".long __manifest", *data(parts[1]), ".balign 8",
         ".global __manifest", "__manifest:", *data(manifest), ""])


def empty_table(num_programs, manifest_len):
    """What stands in for the table when the kernel is linked to learn its size."""
    length = table_len(num_programs)
    return bytes(8), bytes(length - 12)


def script(place, table, path):
    """The linker script of a program at its place: symbols for the one at `path`."""
    values = {"program_table": table, "flash_base": place.flash_base,
              "ram_base": place.ram_base, "ram_len": place.ram_len, "stack_len": place.stack,
              "ool_len": place.ool}
    lines = [f"__{name} = {value:#x};" for name, value in values.items()]
    return "\n".join(lines + [f'INCLUDE "{path}"', ""])


def to_json(layout):
    return json.dumps(asdict(layout), indent=1) + "\n"


def from_json(text):
    values = json.loads(text)
    values["kernel"] = Place(**values["kernel"])
    values["programs"] = [Place(**p) for p in values["programs"]]
    for key in ("flash", "ram", "cmdline"):
        values[key] = tuple(values[key])
    return Layout(**values)


_COLUMNS = "  {:<18} {:>10} {:>7}  {:>10} {:>6} {:>6} {:>5} {:>6} {:>6}  {}"


def describe(layout, title):
    """The map as a table, for people."""
    flash_base, flash_len = layout.flash
    ram_base, ram_len = layout.ram
    lines = [f"{title}: flash {size(flash_len)} at {flash_base:#x}, RAM {size(ram_len)} at "
             f"{ram_base:#x}",
             _COLUMNS.format("", "flash from", "bytes", "RAM from", "bytes", "stack", "data", "bss",
                             "heap", "overlay").rstrip()]
    lines += [_row(place) for place in [layout.kernel] + layout.programs]
    for what, (base, length) in {"(command line)": layout.cmdline, **layout.reserved}.items():
        lines.append(_COLUMNS.format(what, f"{base:#x}", length, *[""] * 7).rstrip())
    lines.append(_COLUMNS.format("free", "", layout.flash_free, "", layout.ram_free,
                                 *[""] * 5).rstrip())
    return lines


def _row(place):
    stack, heap = ("", "") if place.name == KERNEL else (place.stack, place.heap)
    return _COLUMNS.format(place.name, f"{place.flash_base:#x}", place.flash_len,
                           f"{place.ram_base:#x}", place.ram_len, stack, place.data, place.bss,
                           heap, place.overlay or "").rstrip()
