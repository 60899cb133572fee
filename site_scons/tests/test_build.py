"""Whole builds of a tiny tree: what is made, what is made anew, and what mistakes look like."""

import fcntl
import os
import re
import struct
import time

import pytest

import tree


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A tree that has been built once; tests leave it as they find it."""
    folder = tree.make(tmp_path_factory.mktemp("tree"))
    status, output = tree.scons(folder, "board=toy")
    assert status == 0, output
    return folder


@pytest.fixture
def fresh(tmp_path):
    """A tree that a test may change; nothing is built."""
    return tree.make(tmp_path)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_outputs(built):
    folder = built / "build/toy-debug"
    for name in ("resea.elf", "resea.img", "toy.hex", "bootfs.bin", "servers/vm.elf",
                 "servers/rand.elf", "servers/hello.elf", "include/config.h", ".sconsign.dblite"):
        assert (folder / name).is_file(), name
    image = (folder / "resea.img").read_bytes()
    assert image[:5] == b"\x7fELF\x01"
    bootfs = (folder / "bootfs.bin").read_bytes()
    assert bootfs in image
    assert struct.unpack_from("<I", bootfs) == (0x46425352,)
    assert b"RSYM" in image
    assert "#define CONFIG_RAND_SEED 5\n" in (folder / "include/config.h").read_text()
    assert not list(built.glob("*.dblite")), "SCons' database belongs into the build folder"


def test_null_build_does_nothing_and_is_fast(built):
    start = time.monotonic()
    status, output = tree.scons(built, "board=toy")
    assert (status, output) == (0, "")
    assert time.monotonic() - start < 3


def test_touched_file_is_not_compiled_again(built):
    os.utime(built / "kernel/main.c")
    assert tree.scons(built, "board=toy") == (0, "")


def test_release_is_built_beside_debug(built):
    status, output = tree.scons(built, "board=toy", "build=release")
    assert status == 0, output
    assert "DEBUG" not in (built / "build/toy-release/include/config.h").read_text()
    assert tree.scons(built, "board=toy") == (0, "")


def test_only_what_changed_is_made_anew(fresh):
    tree.scons(fresh, "board=toy")
    edit(fresh / "servers/rand/main.c", "data = 3", "data = 4")
    status, output = tree.scons(fresh, "board=toy")
    words = [line.split()[:2] for line in output.splitlines()]
    assert status == 0
    assert ["CC", "servers/rand/main.c"] in words
    assert ["LD", "build/toy-debug/resea.elf"] in words
    assert not [w for w in words if w[0] == "CC" and w[1].startswith(("kernel/", "libs/"))]
    assert "bootfs: " in output and "rand " in output

    edit(fresh / "boards/toy/board.toml", "num_tasks = 16", "num_tasks = 17")
    output = tree.scons(fresh, "board=toy")[1]
    assert "CC      kernel/main.c" in output
    assert "libs/common/common.c" not in output


def test_header_change_is_seen(fresh):
    tree.scons(fresh, "board=toy")
    edit(fresh / "libs/resea/include/resea.h", "int resea(void);", "int resea(void); // changed")
    output = tree.scons(fresh, "board=toy")[1]
    assert "CC      servers/rand/main.c" in output and "kernel/main.c" not in output


def test_clean(fresh):
    tree.scons(fresh, "board=toy")
    (fresh / "build/toy-debug/.config").write_text("")
    assert tree.scons(fresh, "board=toy", "-c")[0] == 0
    left = {str(p.relative_to(fresh / "build/toy-debug"))
            for p in (fresh / "build/toy-debug").rglob("*") if p.is_file()}
    assert left <= {".config", ".lock", ".sconsign.dblite"}


def test_verbose_shows_whole_commands(fresh):
    output = tree.scons(fresh, "board=toy", "verbose=1")[1]
    assert "clang --target=x86_64-unknown-none-elf" in output
    assert "-o build/toy-debug/obj/kernel/kernel/main.c.o kernel/main.c" in output


def test_libraries_have_flags_of_their_own(fresh):
    lines = tree.scons(fresh, "board=toy", "verbose=1")[1].splitlines()
    having = {line.split()[-1] for line in lines if "-DTOY_LIBRARY" in line}
    assert "libs/resea/resea.c" in having and "arch/toy/user/start.S" in having
    assert not having & {"servers/hello/main.c", "kernel/main.c"}
    assert not [line for line in lines if "-DTOY_LIBRARY" in line and "obj/kernel" in line]


def test_no_colours_in_a_pipe(built):
    os.utime(built / "kernel/main.c")
    assert "\x1b" not in tree.scons(built, "board=toy")[1]


def test_help_reads_no_board(built):
    edit(built / "boards/toy/board.toml", "[board]", "[bored]")
    try:
        status, output = tree.scons(built, "--help")
    finally:
        edit(built / "boards/toy/board.toml", "[bored]", "[board]")
    assert status == 0 and "Boards: toy" in output


def test_only_the_asked_board_is_read(built):
    broken = built / "boards/broken/board.toml"
    broken.parent.mkdir()
    broken.write_text("nonsense")
    try:
        assert tree.scons(built, "board=toy") == (0, "")
    finally:
        broken.unlink()
        broken.parent.rmdir()


@pytest.mark.parametrize("arguments, message", [
    (["board=ty"], "command line: board=ty: unknown board 'ty'; did you mean 'toy'?"),
    (["bord=toy"], "command line: unknown option 'bord'; did you mean 'board'?"),
    (["board=toy", "rnu"], "command line: unknown command 'rnu'; did you mean 'run'?"),
    (["board=toy", "build=fast"], "command line: build=fast: unknown value; valid: debug, release"),
    (["board=toy", "CONFIG_NUM_TASKS=2"],
     "command line: CONFIG_NUM_TASKS=2: 2 is out of range: 4 to 1023"),
])
def test_command_line_mistakes(built, arguments, message):
    assert tree.scons(built, *arguments) == (2, "error: " + message)


BOARD = "boards/toy/board.toml"


@pytest.mark.parametrize("path, old, new, message", [
    (BOARD, '"toy"', '"tyo"', BOARD + ":2: board.arch: unknown architecture 'tyo'; did you mean "
                                      "'toy'?"),
    (BOARD, "[server.rand]", "[server.rnd]",
     BOARD + ":8: server.rnd: unknown server 'rnd'; did you mean 'rand'?"),
    (BOARD, '["hello"]', '["hallo"]',
     BOARD + ":14: app_default.programs: unknown server 'hallo'; did you mean 'hello'?"),
    (BOARD, "seed = 5", "seed = 100",
     BOARD + ":11: server.rand.options.seed: 100 is out of range: 0 to 99"),
    (BOARD, "num_tasks", "num_task",
     BOARD + ":6: kernel.num_task: unknown option 'num_task'; did you mean 'num_tasks'?"),
    (BOARD, "[kernel]", '[files]\na = "b"\n[kernel]',
     BOARD + ":6: files.a: there is no file 'b' in the board's folder or the tree"),
    (BOARD, "[kernel]", "[device.x]\nirq = 64\n[kernel]",
     BOARD + ":6: device.x.irq: 64 is out of range: 0 to 63 (CONFIG_NUM_IRQS)"),
    ("servers/rand/SConscript", "sources", "sorces",
     "servers/rand/SConscript:3: sorces: ReseaServer has no such argument; did you mean "
     "'sources'?"),
    ("servers/rand/SConscript", '"main.c"', '"mian.c"',
     "servers/rand/SConscript:3: sources: there is no file 'mian.c'; did you mean 'main.c'?"),
    ("arch/toy/arch.toml", "[user]", "[usr]",
     "arch/toy/arch.toml:10: usr: unknown key; did you mean 'user'?"),
])
def test_mistakes_in_files(fresh, path, old, new, message):
    edit(fresh / path, old, new)
    assert tree.scons(fresh, "board=toy") == (2, "error: " + message)


def test_programs_linked_for_another_address(fresh):
    edit(fresh / "arch/toy/include/arch_types.h", "#define PAGE_SIZE 4096",
         "#define USER_IMAGE_BASE  0x2000000ul")
    status, output = tree.scons(fresh, "board=toy")
    assert status == 2
    assert ("error: arch/toy/user/user.ld: links programs for 0x1000000, but USER_IMAGE_BASE in "
            "arch/toy/include/arch_types.h is 0x2000000") in output.splitlines()


@pytest.mark.parametrize("name, message", [
    ("kernel/SConscript", "kernel/SConscript: the file is missing; it says what to build here"),
    ("arch/toy/user/SConscript",
     "arch/toy/user/SConscript: the file is missing; it says what to build here"),
    ("boards/toy/kernel.ld",
     "boards/toy/kernel.ld: the file is missing; it lays out the kernel"),
    ("kernel/Kconfig",
     BOARD + ":6: kernel.num_tasks: unknown option 'num_tasks'; there are none"),
])
def test_missing_files(fresh, name, message):
    (fresh / name).unlink()
    assert tree.scons(fresh, "board=toy") == (2, "error: " + message)


def test_external(fresh, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "servers/mine").mkdir(parents=True)
    (outside / "servers/mine/SConscript").write_text(
        'Import("env")\nenv.ReseaServer(name="mine", sources=["main.c"])\n')
    # An unused variable: a warning is no error outside of the tree.
    (outside / "servers/mine/main.c").write_text(
        "#include <resea.h>\nint main(void);\nint main(void) { int x; return resea(); }\n")
    (outside / "boards/toy2").mkdir(parents=True)
    (outside / "boards/toy2/board.toml").write_text(
        '[board]\nextends = "toy"\n[server.mine]\nautostart = true\n')
    status, output = tree.scons(fresh, "board=toy2", f"external={outside}")
    assert status == 0, output
    assert "unused variable 'x'" in output
    assert (fresh / "build/toy2-debug/servers/mine.elf").is_file()
    assert (fresh / "build/toy2-debug/servers/rand.elf").is_file()
    assert tree.scons(fresh, "board=toy2", f"external={outside}") == (0, "")


def test_all_boards(fresh):
    (fresh / "boards/toy2").mkdir()
    (fresh / "boards/toy2/board.toml").write_text('[board]\nextends = "toy"\n')
    status, output = tree.scons(fresh, "board=all")
    assert status == 0, output
    assert "board=toy\n" in output and "board=toy2\n" in output
    assert (fresh / "build/toy2-debug/resea.img").is_file()
    assert re.search(r"^toy:  good \(\d+ s\)\ntoy2: good", output, re.MULTILINE)
    edit(fresh / "boards/toy/board.toml", "num_tasks", "num_task")
    (fresh / "boards/toy2/board.toml").write_text(
        '[board]\nextends = "toy"\n[kernel]\nnum_tasks = 5\n')
    status, output = tree.scons(fresh, "board=all")
    assert status == 1 and output.endswith("error: failed: toy, toy2")
    edit(fresh / "boards/toy/board.toml", "num_task =", "num_tasks =")
    (fresh / "boards/toy2/board.toml").write_text('[board]\nextends = "toy"\n[bored]\n')
    status, output = tree.scons(fresh, "board=all")
    assert status == 1 and output.endswith("error: failed: toy2")
    assert "\ntoy:  good" in output and "\ntoy2: failed" in output


def test_null_port_builds_objects(fresh):
    edit(fresh / "arch/toy/arch.toml", "ports = true", "links = false")
    status, output = tree.scons(fresh, "board=toy")
    assert status == 0, output
    assert "LD" not in output.split()
    assert (fresh / "build/toy-debug/obj/user/servers/rand/main.c.o").is_file()


def test_extra_files_in_bootfs(fresh):
    edit(fresh / BOARD, "[kernel]", '[files]\n"etc/motd" = "motd.txt"\n[kernel]')
    (fresh / "boards/toy/motd.txt").write_text("Hello, toy.")
    assert tree.scons(fresh, "board=toy")[0] == 0
    bootfs = (fresh / "build/toy-debug/bootfs.bin").read_bytes()
    assert b"etc/motd\0" in bootfs and b"Hello, toy." in bootfs


def test_outputs_do_not_depend_on_the_place(built, fresh):
    assert tree.scons(fresh, "board=toy")[0] == 0
    name = "build/toy-debug/resea.img"
    assert (built / name).read_bytes() == (fresh / name).read_bytes()


def test_idl_mistake(fresh):
    (fresh / "idl/a.idl").write_text("namespace a {\n    rpc b(c: itn) -> ();\n}\n")
    edit(fresh / "kernel/main.c", "#include <config.h>", "#include <config.h>\n#include <idl.h>")
    status, output = tree.scons(fresh, "board=toy")
    assert status == 2
    assert "error: idl/a.idl:2:14: " in output and "did you mean 'int'?" in output


def test_second_scons_waits(built):
    with open(built / "build/toy-debug/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = tree.start(built, "board=toy")
        line = ""
        while "waiting" not in line:
            line = run.stdout.readline()
        assert line == f"waiting for another scons that builds in {built}/build/toy-debug\n"
    assert run.wait(60) == 0


def test_unit_tests(fresh):
    (fresh / "libs/unittest").mkdir()
    (fresh / "libs/unittest/SConscript").write_text(
        'Import("env")\nenv.ReseaLibrary(name="unittest", sources=["main.c"])\n')
    (fresh / "libs/unittest/main.c").write_text(
        "int test(void);\nint main(void);\nint main(void) { return test(); }\n")
    edit(fresh / "servers/rand/SConscript", "])", '], unittests=["rand_test.c"])')
    (fresh / "servers/rand/rand_test.c").write_text(
        "int test(void);\nint component_main(void);\nint resea(void);\n"
        "int resea(void) { return -8; }\n"
        "int test(void) { return component_main(); }\n")
    status, output = tree.scons(fresh, "board=toy", "unittest", "target=servers/rand")
    assert status == 0, output
    assert (fresh / "build/toy-debug/unittests/servers-rand").is_file()
    edit(fresh / "servers/rand/rand_test.c", "-8", "1")
    assert tree.scons(fresh, "board=toy", "unittest")[0] != 0
    assert tree.scons(fresh, "board=toy", "unittest", "target=server/rnd") == (
        2, "error: command line: target=server/rnd: unknown component 'server/rnd'; did you mean "
           "'servers/rand'?")
