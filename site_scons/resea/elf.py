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
