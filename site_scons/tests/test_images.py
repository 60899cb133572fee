"""Flat images, bootfs and the symbol table, from programs that are compiled here."""

import struct
import subprocess

import pytest

from resea import bootfs, elf, symbols
from resea.errors import UserError

from tree import FILES

PAGE = 4096
PROGRAM = """
int data = 3, bss[3000];
const int constant[] = {5, 6};
int _start(void);
static __attribute__((noinline)) int helper(int n) { return bss[n] + data; }
int _start(void) { return helper(1) + constant[data]; }
"""


@pytest.fixture
def link(tmp_path):
    """Compiles C and links it with a linker script; gives the program's path."""
    def run(source=PROGRAM, script=FILES["arch/toy/user/user.ld"]):
        (tmp_path / "a.c").write_text(source)
        (tmp_path / "a.ld").write_text(script)
        subprocess.run(["clang", "--target=x86_64-unknown-none-elf", "-O1", "-ffreestanding",
                        "-fno-pic", "-c", "-o", tmp_path / "a.o", tmp_path / "a.c"], check=True)
        subprocess.run(["ld.lld", "-T", tmp_path / "a.ld", "-z", "separate-loadable-segments",
                        "-o", tmp_path / "a.elf", tmp_path / "a.o"], check=True)
        return tmp_path / "a.elf"
    return run


def test_flat_image(link):
    flat = elf.flatten(link(), PAGE)
    assert flat.base == 0x1000000
    assert (flat.text_len, flat.ro_len, flat.rw_len) == (PAGE, PAGE, 3 * PAGE)
    assert flat.base <= flat.entry < flat.base + flat.text_len
    assert len(flat.data) == 5 * PAGE
    assert flat.data[PAGE:PAGE + 8] == struct.pack("<II", 5, 6)
    assert flat.data[2 * PAGE:2 * PAGE + 4] == struct.pack("<I", 3)


def test_flat_image_without_data(link):
    flat = elf.flatten(link("int _start(void); int _start(void) { return 1; }"), PAGE)
    assert (flat.text_len, flat.ro_len, flat.rw_len) == (PAGE, 0, 0)


def test_hole_in_the_layout(link):
    script = FILES["arch/toy/user/user.ld"].replace(". = ALIGN(4096);\n    .data",
                                                    ". = 0x1080000;\n    .data")
    path = link(script=script)
    with pytest.raises(UserError) as e:
        elf.flatten(path, PAGE)
    assert str(e.value) == (
        f"{path}: the segment at 0x1080000 is out of place: the linker script must lay out text, "
        "constants, data in this order, each at the first page boundary behind the one before")


def test_functions(link):
    found = elf.functions(link())
    assert [name for _, name in found] == ["_start", "helper"]
    assert found == sorted(found)


def test_bootfs():
    flat = elf.FlatImage(0x1000010, 0x1000000, PAGE, 0, 2 * PAGE, b"\x90" * 3 * PAGE)
    image = bootfs.pack(flat, [("manifest", b"M" * 10), ("rand", b"R" * 5000)], PAGE)
    header = struct.unpack_from("<IIQIIIIIIII", image)
    assert header == (0x46425352, 1, 0x1000010, PAGE, PAGE, 0, 2 * PAGE, 4 * PAGE, 2, len(image), 0)
    assert image[PAGE:4 * PAGE] == flat.data
    files = [struct.unpack_from("<48sIIII", image, 4 * PAGE + i * 64) for i in range(2)]
    assert [(f[0].rstrip(b"\0"), f[1], f[2]) for f in files] == [
        (b"manifest", 5 * PAGE, 10), (b"rand", 6 * PAGE, 5000)]
    assert image[6 * PAGE:6 * PAGE + 5000] == b"R" * 5000
    assert len(image) == 8 * PAGE


def test_further_names_of_files():
    flat = elf.FlatImage(0, 0, PAGE, 0, 0, b"\0" * PAGE)
    image = bootfs.pack(flat, [("a", b"A"), ("files", b"F" * 100)], PAGE,
                        {"ls": "files", "dir": "files"})
    files = [struct.unpack_from("<48sIIII", image, 2 * PAGE + i * 64) for i in range(4)]
    assert [(f[0].rstrip(b"\0"), f[2], f[3]) for f in files] == [
        (b"a", 1, 0), (b"dir", 100, 3), (b"files", 100, 0), (b"ls", 100, 3)]
    assert files[1][1] == files[2][1] == files[3][1]
    assert bootfs.summary(image)[1:] == ["  vm 4.0 KiB   a 1 B        files 100 B"]


def test_bootfs_summary():
    flat = elf.FlatImage(0, 0, PAGE, 0, 0, b"\0" * PAGE)
    image = bootfs.pack(flat, [("rand", b"R" * 100)], PAGE)
    assert bootfs.summary(image) == ["bootfs: 16.0 KiB, 2 files", "  vm 4.0 KiB  rand 100 B"]


def assemble(tmp_path, functions):
    """The bytes of a symbol table."""
    (tmp_path / "t.S").write_text(symbols.assembly(functions))
    subprocess.run(["clang", "--target=x86_64-unknown-none-elf", "-c", "-o", tmp_path / "t.o",
                    tmp_path / "t.S"], check=True)
    subprocess.run(["llvm-objcopy", "-O", "binary", "-j", ".symtab_resea", tmp_path / "t.o",
                    tmp_path / "t.bin"], check=True)
    return (tmp_path / "t.bin").read_bytes()


def test_symbol_table(tmp_path):
    base = 0xffff800000100000
    table = assemble(tmp_path, [(base, "boot"), (base + 16, "ipc")])
    assert struct.unpack_from("<IIQ", table) == (0x4d595352, 2, base)
    assert struct.unpack_from("<IIII", table, 16) == (0, 0, 16, 5)
    assert table[32:] == b"boot\0ipc\0"


def test_empty_symbol_table(tmp_path):
    assert assemble(tmp_path, []) == struct.pack("<IIQ", 0x4d595352, 0, 0)


def test_functions_that_moved(link, tmp_path):
    first = link()
    moved = tmp_path / "moved.elf"
    first.rename(moved)
    second = link("int extra(void); int extra(void) { return 3; }" + PROGRAM)
    with pytest.raises(UserError) as e:
        symbols.check(moved, second)
    assert str(e.value) == (f"{second}: extra moved when the symbol table was filled in: kernel.ld "
                            "must place .symtab_resea behind all code")
