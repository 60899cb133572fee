"""What the build needs to know about ELF files."""

from dataclasses import dataclass

from elftools.elf.elffile import ELFFile

from resea.errors import UserError

_PF_X, _PF_W = 1, 2


@dataclass
class FlatImage:
    """A program as it lies in memory: code, constants, data and bss, each of whole pages."""

    entry: int
    base: int
    text_len: int
    ro_len: int
    rw_len: int
    data: bytes


def flatten(path, page_size):
    """The flat form of a static program, which must be linked without holes between its parts."""
    with open(path, "rb") as file:
        elf = ELFFile(file)
        segments = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_memsz"]]
        parts = [(_kind(s), s["p_vaddr"], s["p_memsz"], s.data()) for s in segments]
        return _join(path, elf["e_entry"], parts, page_size)


def _kind(segment):
    flags = segment["p_flags"]
    return "text" if flags & _PF_X else "rw" if flags & _PF_W else "ro"


def _join(path, entry, parts, page_size):
    order = ["text", "ro", "rw"]
    lengths = dict.fromkeys(order, 0)
    data = b""
    base = parts[0][1] if parts else 0
    for kind, vaddr, memsz, content in parts:
        if vaddr != base + len(data) or vaddr % page_size or kind not in order:
            raise UserError(path, f"the segment at {vaddr:#x} is out of place: the linker script "
                                  "must lay out text, constants, data in this order, each at the "
                                  "first page boundary behind the one before")
        order = order[order.index(kind):]
        lengths[kind] += -(-memsz // page_size) * page_size
        data += content.ljust(-(-memsz // page_size) * page_size, b"\0")
    return FlatImage(entry, base, lengths["text"], lengths["ro"], lengths["rw"], data)


def entry(path):
    """The address of a program's first instruction."""
    with open(path, "rb") as file:
        return ELFFile(file)["e_entry"]


def symbol(path, name):
    """The value of a symbol of an ELF file."""
    with open(path, "rb") as file:
        found = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(name)
        if not found:
            raise UserError(path, f"the symbol {name} is missing")
        return found[0]["st_value"]


def sizes(path):
    """Bytes of a program that runs in place: code and constants, data, bss. Gaps between its parts
    count."""
    with open(path, "rb") as file:
        segments = _loaded(ELFFile(file))
        writable = [s for s in segments if s["p_flags"] & _PF_W]
        flash = _span((s["p_paddr"], s["p_filesz"]) for s in segments if s["p_filesz"])
        ram = _span((s["p_vaddr"], s["p_memsz"]) for s in writable)
        data = sum(s["p_filesz"] for s in writable)
    return flash - data, data, ram - data


def _span(ranges):
    """From the first byte to the last of some (base, len)."""
    ranges = list(ranges)
    return max(b + n for b, n in ranges) - min(b for b, _ in ranges) if ranges else 0


def _loaded(elf):
    return [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_memsz"]]


def image(paths, flash):
    """What programs put into `flash`, (base, len), from its start on; what is between them is as
    erased flash is. Their places don't overlap: whoever links them sees to that."""
    base, length = flash
    content = bytearray(b"\xff" * length)
    end = 0
    for path in paths:
        with open(path, "rb") as file:
            for segment in _loaded(ELFFile(file)):
                data, start = segment.data(), segment["p_paddr"] - base
                if not data:
                    continue
                if not 0 <= start <= length - len(data):
                    raise UserError(path, f"its part at {segment['p_paddr']:#x} lies outside of "
                                          "the flash")
                content[start:start + len(data)] = data
                end = max(end, start + len(data))
    return bytes(content[:end])


def functions(path):
    """The functions of an ELF file as (address, name), sorted, one name an address."""
    found = {}
    with open(path, "rb") as file:
        symtab = ELFFile(file).get_section_by_name(".symtab")
        for symbol in symtab.iter_symbols() if symtab else ():
            info = symbol["st_info"]
            if info["type"] == "STT_FUNC" and symbol["st_shndx"] != "SHN_UNDEF":
                address, is_global = symbol["st_value"], info["bind"] == "STB_GLOBAL"
                if is_global or address not in found:
                    found[address] = symbol.name
    return sorted(found.items())
