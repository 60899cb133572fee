"""The pure parts of the commands: what they print, and the command lines they run."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from resea import bench, book, check, debugger, doctor, gdb_text, packages, qemu, soak, testrun
from resea.errors import UserError
from resea.options import Options
from resea.tools import machines

MACHINE = qemu.Machine("qemu-system-x86_64", "pc", icount_shift=6)


def test_metrics_are_found_among_other_output():
    text = ("[kernel] hello\r\nmetric ipc.roundtrip 395 instructions\r\n"
            "[bench] metric size.task 640 bytes\nmetric broken x y\nresea> \n"
            "report ipc.pairs.4 189300 messages/s\r\n")
    figures = bench.metrics(text)
    assert figures == {"ipc.roundtrip": (395, "instructions"), "size.task": (640, "bytes")}
    reports = bench.reports(text)
    assert reports == {"ipc.pairs.4": (189300, "messages/s")}
    result = bench.Result("clang 14", figures, reports)
    assert bench.lines(result) == ["metric ipc.roundtrip 395 instructions",
                                   "metric size.task 640 bytes",
                                   "report ipc.pairs.4 189300 messages/s"]
    assert set(result.values) == {"ipc.roundtrip", "size.task"}


def test_pairs_are_measured_where_there_are_several_cpus(tmp_path):
    assert bench.run_pairs(MACHINE, "resea.img", tmp_path / "log") == {}
    assert not (tmp_path / "log").exists()


def test_bench_counts_instructions_on_one_cpu():
    words = bench.command(MACHINE, "resea.img")
    assert words[words.index("-smp") + 1] == "1"
    assert words[words.index("-icount") + 1] == "shift=6,sleep=off,align=off"


def test_soak_gives_each_guest_its_seed():
    words = soak.command(MACHINE, "resea.img", 77, 4)
    assert words[words.index("-append") + 1] == 'run="fuzz --seed=77 --calls=1000000"'


def test_soak_names_a_hang():
    assert soak.explain(None) == "hung for 1800 s"
    assert "panicked" in soak.explain(qemu.EXIT_PANIC)


def test_doctor_says_how_to_get_what_is_missing(tmp_path):
    data = tmp_path / "packages.ini"
    data.write_text("[tool grub]\nuse = boots\nprograms = no-such-mkrescue\n"
                    "debian = grub-pc-bin\nhomebrew = i686-elf-grub\n"
                    "[command build]\ntools =\n[command iso]\ntools = grub\n[board x64]\n"
                    "[option gui]\ntools =\n")
    catalog = packages.Catalog(str(data))
    assert doctor.tool_lines(catalog) == [
        "  missing  grub           boots",
        "           needed by: iso",
        "           Debian, Ubuntu: apt-get install grub-pc-bin",
        "           macOS: brew install i686-elf-grub"]
    assert doctor.summary(catalog).startswith("1 of 1 tools are missing. ./bootstrap scons COMMAND")


def test_doctor_shows_where_values_come_from():
    rows = [("NUM_TASKS", 64, "boards/x64/board.toml:28"), ("DEBUG", True, "build=debug")]
    assert doctor.config_lines(rows) == ["  NUM_TASKS  64  boards/x64/board.toml:28",
                                         "  DEBUG      y   build=debug"]


def test_sparse_gets_the_include_paths_only():
    entry = {"arguments": ["clang", "--target=x86_64-elf", "-O2", "-Wall", "-Ilibs/common/include",
                           "-DX=1", "-c", "-o", "a.o", "a.c"], "file": "/t/a.c"}
    words = check.sparse_command(entry, "/clang")
    assert words[-5:] == ["-Ilibs/common/include", "-DX=1", "-isystem", "/clang/include", "a.c"]


def test_noise_of_checkers_is_dropped():
    assert check.is_noise("12 warnings generated.")
    assert check.is_noise("/usr/lib/llvm-14/lib/clang/14.0.6/include/stdint.h:9:1: warning: x")
    assert check.is_noise("a.c: note: in included file (through b.h):")
    assert not check.is_noise("kernel/task.c:1:2: warning: symbol 'x' was not declared")


def test_formatting_is_checked_in_batches():
    commands = check.format_commands([f"{i}.c" for i in range(50)])
    assert [len(words) - 3 for words in commands] == [40, 10]


def test_book_fails_on_warnings():
    words = book.command(Path("/t"))
    assert "-W" in words and "-n" in words and words[-1] == "/t/build/docs/html"


def test_each_board_is_built_in_both_modes():
    boards = [SimpleNamespace(name="x64"), SimpleNamespace(name="example")]
    assert testrun.builds(boards[:1], []) == [["board=x64", "build=debug"],
                                              ["board=x64", "build=release"]]
    assert ["external=/a:/b", "board=example", "build=debug"] in testrun.builds(
        boards, [Path("/a"), Path("/b")])


def test_all_builds_are_made_and_the_failing_ones_named(tmp_path, monkeypatch, capfd):
    script = tmp_path / "scons"
    script.write_text("import sys\nprint('said', sys.argv)\nsys.exit('bad' in sys.argv)\n")
    monkeypatch.setattr(testrun.sys, "argv", [str(script)])
    testrun.build_all(tmp_path, [["good"]], 2)
    assert "good (" in capfd.readouterr().out
    with pytest.raises(UserError, match="^scons test: does not build: bad; see above$"):
        testrun.build_all(tmp_path, [["bad"], ["good"]], 2)
    out = capfd.readouterr().out
    assert "'bad']" in out and "'good']" not in out and "good (" in out


def test_selecting_tests():
    words = testrun.pytest_command(Options(board="x64", external=[Path("/a")],
                                           extra={"tests": "boot"}), 3)
    assert words[words.index("--board") + 1] == "x64" and words[words.index("-k") + 1] == "boot"
    assert words[words.index("-n") + 1] == "3" and "--external=/a" in words


def test_native_programs_pass_fail_and_are_counted(tmp_path, capfd):
    assert testrun.run_native([("true", Path("/bin/true"))]) == 0
    assert testrun.run_native([("true", Path("/bin/true")), ("false", Path("/bin/false"))]) == 1
    out = capfd.readouterr().out
    assert "1 of 1 test programs passed" in out
    assert "1 of 2 test programs passed; failed: false" in out


def test_no_unit_tests_is_a_mistake():
    with pytest.raises(UserError, match="^scons unittest: no unit tests are declared there"):
        testrun.run_native([])


def test_debugging_leaves_the_terminal_to_gdb():
    setup = debugger.setup_for(qemu.Setup(), 5, Path("/b/serial.sock"), Path("/b/debug.log"))
    text = " ".join(qemu.command(MACHINE, setup, "resea.img"))
    assert "-gdb chardev:gdb -S" in text and "socket,id=gdb,fd=5" in text
    assert "-serial chardev:serial" in text and "logfile=/b/debug.log" in text


def test_sockets_may_be_deep_down(tmp_path, monkeypatch):
    """A socket's path has 107 bytes at most."""
    folder = tmp_path / ("deep" * 20) / ("down" * 20)
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    debugger.open_door(folder / "gdb.sock").close()
    assert (folder / "gdb.sock").exists()
    assert "path=serial.sock,server" in debugger.setup_for(
        qemu.Setup(), 5, folder / "serial.sock", folder / "debug.log").extra[3]
    assert debugger.gdb_command("gdb", "elf", folder / "gdb.sock")[-1] == "target remote gdb.sock"


def test_task_ids_in_gdb():
    assert gdb_text.task_id(1) == "#1" and gdb_text.task_id(3 << 10 | 7) == "#7.3"


def test_waiting_in_gdb():
    names = {1: "vm"}
    assert gdb_text.waiting(3, 1, names) == "to send to #1 vm"
    assert gdb_text.waiting(4, 0, names) == "for anybody"
    assert gdb_text.waiting(2, 0, names) == ""


def test_message_types_in_gdb():
    number = 5 << 9 | 2 | 1 << 8 | 4 << 19 | 1 << 24
    assert gdb_text.message_type(number) == "interface 5, method 2 reply: 4 words + bytes"
    assert gdb_text.message_type(number, {(5, 2): "fs.read"}) == "fs.read reply: 4 words + bytes"
    assert gdb_text.message_type(-4) == "error -4"


def test_message_names_come_from_the_idl():
    document = {"interfaces": [{"number": 5, "messages": [{"number": 2, "name": "fs.read"}]}]}
    assert gdb_text.message_names(document) == {(5, 2): "fs.read"}


def test_tables_in_gdb():
    assert gdb_text.table([("a", "bb"), ("ccc", "")]) == "a    bb\nccc"


def test_iso_of_a_board_that_no_cd_starts():
    build = SimpleNamespace(board="raspi3", arch=SimpleNamespace(image="binary"))
    with pytest.raises(UserError, match="^board=raspi3: an ISO image is for PCs"):
        machines.iso(SimpleNamespace(build=build))
