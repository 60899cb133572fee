"""Flash and RAM of boards without an MMU: where things go, and who is named if they don't."""

import struct

import pytest

from resea import layout
from resea.errors import UserError
from resea.layout import Program, Sizes

FLASH, RAM = (0, 16 << 10), (0x20000000, 4 << 10)
KERNEL_SIZES = Sizes(2000, 20, 100)


def board(reserved=None, flash=FLASH, ram=RAM):
    return layout.Board(flash, ram, 1024, reserved or {},
                        lambda name, what: UserError(name or "board", what))


def lay_out(*programs, kernel=KERNEL_SIZES, **values):
    return layout.lay_out(board(**values), kernel, 0xc0, list(programs))


def program(name, ram=512, stack=256, sizes=Sizes(1000, 8, 40), **values):
    return Program(name, ram, stack, **values), sizes


def error(*programs, **values):
    with pytest.raises(UserError) as e:
        lay_out(*programs, **values)
    return str(e.value)


def by_name(found):
    return {p.name: p for p in [found.kernel] + found.programs}


def test_one_after_another():
    found = lay_out(program("vm"), program("shell", ram=1024, sizes=Sizes(999, 1, 0)))
    vm, shell = found.programs
    assert (found.kernel.flash_base, found.kernel.flash_len) == (0, 2020)
    assert (found.kernel.ram_base, found.kernel.ram_len) == (RAM[0], 120)
    assert (vm.flash_base, vm.flash_len, vm.ram_base, vm.ram_len) == (2024, 1008, RAM[0] + 120, 512)
    assert (vm.stack, vm.data, vm.bss, vm.heap) == (256, 8, 40, 512 - 256 - 48)
    assert (shell.flash_base, shell.ram_base) == (2024 + 1008, RAM[0] + 120 + 512)
    assert found.ram_free == RAM[1] - 120 - 512 - 1024
    assert found.flash_free == FLASH[1] - 1024 - (2024 + 1008 + 1000)
    assert found.cmdline == (15 << 10, 1024)


def test_nothing_overlaps_but_overlays():
    names = [program(f"p{i}", ram=400 + 8 * i, overlay=["apps", None][i % 2]) for i in range(5)]
    places = lay_out(program("vm"), *names)
    pieces = [places.kernel] + places.programs
    for a in pieces:
        for b in pieces:
            if a is not b:
                assert a.flash_base + a.flash_len <= b.flash_base or (
                    b.flash_base + b.flash_len <= a.flash_base)
                shared = (a.ram_base < b.ram_base + b.ram_len
                          and b.ram_base < a.ram_base + a.ram_len)
                assert shared == (a.overlay == b.overlay == "apps")


def test_an_overlay_is_as_large_as_its_largest_program():
    found = lay_out(program("vm"), program("a", overlay="apps"), program("last"),
                    program("b", ram=1024, overlay="apps"))
    places = by_name(found)
    assert places["a"].ram_base == places["b"].ram_base
    assert places["last"].ram_base == places["a"].ram_base + 1024
    assert found.ram_free == RAM[1] - 120 - 512 - 1024 - 512


def test_flash_of_devices_is_left_alone():
    found = lay_out(program("vm"), reserved={"storage": (14 << 10, 2 << 10)})
    assert found.cmdline == (13 << 10, 1024)
    assert found.flash_free == (13 << 10) - 2024 - 1008
    text = error(program("vm"), reserved={"storage": (8 << 10, 1 << 10)})
    assert text == ("board: the flash of device 'storage', 0x2000+0x400, must end at 0x4000: "
                    "programs are in front of all devices' flash")


def test_reserved_looks_at_devices_in_flash_only():
    class Device:
        def __init__(self, name, *mmio):
            self.name, self.mmio = name, mmio
    devices = [Device("nvmc", (0x4001e000, 4096)), Device("a", (8 << 10, 1024)),
               Device("b", (9 << 10, 1024))]
    assert list(layout.reserved(devices, FLASH)) == ["b", "a"]


def test_a_program_too_large_for_its_ram():
    assert error(program("vm"), program("shell", sizes=Sizes(100, 12, 300), ool=64)) == (
        "shell: needs 648 bytes of RAM (stack 256, data 12, bss 300, payload 80), but its 'ram' is "
        "512: raise it by 136, or make the program smaller by its options")


def test_too_little_ram_for_all():
    text = error(program("vm"), program("shell", ram=1024), program("test", ram=3000))
    assert text == (
        "test: doesn't fit: there are 4096 bytes of RAM, and 4656 are needed, 560 too many "
        "(test 3000, shell 1024, vm 512, kernel 120); make some `ram` smaller, or let programs "
        "that never run at the same time share it by the same memory.overlay")


def test_the_largest_of_an_overlay_is_named():
    text = error(program("vm"), program("a", overlay="apps"),
                 program("b", ram=4000, overlay="apps"))
    assert text.startswith("b: doesn't fit")
    assert "overlay 'apps' 4000" in text


def test_too_little_flash():
    text = error(program("vm"), program("big", sizes=Sizes(13000, 0, 0)))
    assert text == (
        "big: doesn't fit: there are 15360 bytes of flash, and 16032 are needed, 672 too many "
        "(big 13000, kernel 2020, vm 1008); leave programs out, or build=release")


def test_json_keeps_everything():
    found = lay_out(program("vm"), program("a", overlay="apps", ool=8),
                    reserved={"storage": (15 << 10, 1024)})
    again = layout.from_json(layout.to_json(found))
    assert again.programs == found.programs
    assert again.kernel == found.kernel
    assert (again.flash, again.ram, again.cmdline) == (found.flash, found.ram, found.cmdline)


def test_script_names_the_place():
    place = lay_out(program("vm", ool=8)).programs[0]
    assert layout.script(place, 0xc0, "user.ld").splitlines() == [
        "__program_table = 0xc0;", "__flash_base = 0x7e8;", "__ram_base = 0x20000078;",
        "__ram_len = 0x200;", "__stack_len = 0x100;", "__ool_len = 0x8;", 'INCLUDE "user.ld"']


def test_table_as_the_kernel_reads_it():
    found = lay_out(program("vm"), program("shell"))
    before, behind = layout.pack_table(found, {"vm": 0x101, "shell": 0x201}, 77)
    table = before + b"MANI" + behind
    assert len(table) == layout.table_len(2)
    assert struct.unpack_from("<IHH4sIIIIIII", table) == (
        0x54505352, 1, 2, b"MANI", 77, *found.cmdline, *RAM, 120, 0)
    name, *rest = struct.unpack_from("<24s6I", table, 40 + 48)
    shell = found.programs[1]
    assert name.rstrip(b"\0") == b"shell"
    assert rest == [0x201, shell.flash_base, shell.flash_len, shell.ram_base, shell.ram_len, 256]
    assert tuple(map(len, layout.empty_table(2, 77))) == (len(before), len(behind))


def test_the_map_tells_all_of_it():
    lines = layout.describe(lay_out(program("vm"), program("a", overlay="apps"),
                                    reserved={"storage": (15 << 10, 1024)}), "toy-debug")
    assert lines[0] == "toy-debug: flash 16.0 KiB at 0x0, RAM 4.0 KiB at 0x20000000"
    assert lines[3].split() == ["vm", "0x7e8", "1008", "0x20000078", "512", "256", "8", "40",
                                "208"]
    assert lines[4].split()[-1] == "apps"
    assert lines[-1].split() == ["free", str(14336 - 4040), str(4096 - 120 - 1024)]
