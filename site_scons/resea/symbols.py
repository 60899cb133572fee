"""The kernel's table of its own function names, for backtraces.

The kernel is linked twice: with an empty table, to learn the addresses, and with the full one. The
table stands behind the code in the linker script, so that filling it moves no function; `check`
proves that it didn't.

    struct { uint32_t magic, count, strings_off, capacity; };  strings_off: from the table's start
    struct { uint64_t addr; uint32_t name_off, reserved; } [count];  sorted; name_off: in strings
    char strings[];
"""

from resea import elf
from resea.errors import UserError

MAGIC = 0x4d595352
_HEADER_SIZE = 16
_ENTRY_SIZE = 16


def assembly(functions):
    """The table as assembly text."""
    strings_off = _HEADER_SIZE + len(functions) * _ENTRY_SIZE
    lines = ['.section .symtab_resea, "a"', ".balign 16", ".global __symtab", "__symtab:",
             f".long {MAGIC:#x}, {len(functions)}, {strings_off}, {len(functions)}"]
    offset = 0
    for address, name in functions:
        lines.append(f".quad {address:#x}; .long {offset}, 0")
        offset += len(name.encode()) + 1
    lines += [f'.asciz "{name}"' for _, name in functions]
    return "\n".join(lines) + "\n"


def check(first, second):
    """Refuses a kernel whose functions moved between the two links."""
    before, after = dict(elf.functions(first)), dict(elf.functions(second))
    for address, name in after.items():
        if before.get(address) != name:
            raise UserError(second, f"{name} moved when the symbol table was filled in: kernel.ld "
                                    "must place .symtab_resea behind all code")
