"""The kernel's table of its own function names, for backtraces.

The kernel is linked twice: with an empty table, to learn the addresses, and with the full one. The
table stands behind the code in the linker script, so that filling it moves no function; `check`
proves that it didn't.

    struct { uint32_t magic, count; uint64_t base; };     base: the address of the first function
    struct { uint32_t addr_off, name_off; } [count];      sorted; from the base, and in strings
    char strings[];
"""

from resea import elf
from resea.errors import UserError

MAGIC = 0x4d595352


def assembly(functions):
    """The table as assembly text."""
    base = functions[0][0] if functions else 0
    lines = ['.section .symtab_resea, "a"', ".balign 16", ".global __symtab", "__symtab:",
             f".long {MAGIC:#x}, {len(functions)}", f".quad {base:#x}"]
    offset = 0
    for address, name in functions:
        lines.append(f".long {address - base:#x}, {offset}")
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
