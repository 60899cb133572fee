"""What bootstrap and doctor know about tools: packages.ini and the modules that read it."""

import pytest

from resea import bootstrap, packages

CATALOG = packages.Catalog()


def names(*arguments):
    request = packages.parse_scons_arguments(list(arguments))
    return [tool.name for tool in CATALOG.tools_for(request)]


def test_every_name_in_the_file_is_a_tool():
    for kind in ("command", "board", "option"):
        for title, section in CATALOG.sections[kind].items():
            for key in ("tools", "emulator", "debugger", "flasher"):
                for name in packages.words(section, key):
                    assert name in CATALOG.tools, f"[{kind} {title}]: {name}"


def test_every_tool_has_packages_and_a_test_for_its_presence():
    for tool in CATALOG.tools.values():
        assert tool.debian and tool.use, tool.name
        assert tool.homebrew or tool.pip or tool.platform, tool.name
        assert tool.programs or tool.modules or tool.files, tool.name


def test_a_tool_of_another_platform_is_not_missing():
    tool = packages.Tool("t", programs=("no-such-program",), platform=("plan9",))
    assert not tool.missing()
    assert packages.Tool("t", programs=tool.programs).missing() == ["no-such-program"]


def test_a_build_needs_a_compiler_and_no_emulator():
    assert names("board=x64") == ["scons", "kconfiglib", "elftools", "clang", "lld", "llvm"]


def test_run_adds_the_emulator_of_its_board_only():
    assert names("board=x64", "run") == names("board=x64") + ["qemu-x86"]
    assert names("board=example", "run") == names("board=example")
    assert names("board=raspi3", "run") == names("board=raspi3") + ["qemu-arm"]


def test_debug_adds_the_debugger_of_its_board_only():
    assert names("board=x64", "debug") == names("board=x64", "run") + ["gdb"]
    assert names("board=raspi3", "debug") == names("board=raspi3", "run") + ["gdb-multiarch"]


def test_another_compiler_comes_with_the_board_that_needs_it():
    assert "gcc-arm" in names("board=microbit") and "gcc-arm" not in names("board=raspi3", "run")


def test_all_tests_take_the_tools_of_all_boards():
    everything = names("test")
    for board in CATALOG.boards():
        assert set(names(f"board={board}", "test")) <= set(everything)
    assert {"qemu-x86", "qemu-arm", "gcc-arm", "gdb-multiarch", "openocd"} <= set(everything)
    assert not {"qemu-arm", "gcc-arm", "openocd"} & set(names("board=x64", "test"))


def test_heavy_tools_come_only_with_their_commands():
    light = names("board=x64", "run")
    for heavy in ("sphinx", "bochs", "grub", "gdb", "pytest", "clang-tidy"):
        assert heavy not in light
    assert {"grub", "xorriso", "bochs", "pytest", "qemu-x86"} <= set(names("test"))
    assert "clang-tidy" not in names("unittest")


def test_options_bring_their_tools():
    assert "qemu-gui" in names("board=x64", "run", "gui=1")
    assert "qemu-gui" not in names("board=x64", "run", "gui=0")


def test_flashing_takes_what_its_board_is_flashed_with():
    assert "openocd" in names("board=microbit", "flash")
    assert "openocd" not in names("board=raspi3", "flash")
    assert {"mtools", "dosfstools"} <= set(names("board=raspi3", "sdcard"))
    assert "openocd" in names("board=microbit", "debug", "probe=1")


def test_docs_need_no_compiler():
    assert names("docs") == ["scons", "sphinx", "furo", "myst"]


def test_dashed_options_and_files_are_no_commands():
    request = packages.parse_scons_arguments(["-j4", "board=x64", "cpus=4", "build/x64-debug"])
    assert request == packages.Request(["build/x64-debug"], "x64", ["cpus"])


def test_tools_of_a_program():
    assert [tool.name for tool in CATALOG.tools_of_program("grub-mkrescue")] == ["grub"]
    assert CATALOG.tools_of_program("true") == []


def test_missing_names_the_parts_that_are_not_there(tmp_path):
    tool = packages.Tool("t", programs=("sh", "no-such-program"), modules=("no_such_module",),
                         files=(str(tmp_path / "*.so"),))
    assert tool.missing() == ["no-such-program", "Python module no_such_module",
                              str(tmp_path / "*.so")]
    (tmp_path / "a.so").touch()
    assert packages.Tool("t", programs=("sh",), files=tool.files).missing() == []


def test_message_about_one_missing_tool():
    tool = packages.Tool("grub", debian=("grub-pc-bin", "xorriso"))
    text = packages.missing_text("iso", "x64", [(tool, ["grub-mkrescue"])], "debian")
    assert text == ("grub-mkrescue is missing; run ./bootstrap scons board=x64 iso, "
                    "or install grub-pc-bin and xorriso")


def test_message_about_what_every_build_needs():
    tool = packages.Tool("clang", debian=("clang",))
    text = packages.missing_text("build", "x64", [(tool, ["clang"])], "debian")
    assert text == "clang is missing; run ./bootstrap scons board=x64, or install clang"


def test_message_on_a_system_with_homebrew():
    tools = [packages.Tool("sphinx", homebrew=("sphinx-doc",)), packages.Tool("f", pip=("furo",))]
    text = packages.missing_text("docs", "all", [(t, [t.name]) for t in tools], "homebrew")
    assert text == ("sphinx, f are missing; run ./bootstrap scons docs, "
                    "or install sphinx-doc and pip's furo")


def test_bootstrap_help_needs_scons_only():
    assert [t.name for t in bootstrap.needed_tools(CATALOG, ["scons", "--help"])] == ["scons"]
    assert [t.name for t in bootstrap.needed_tools(CATALOG, ["/usr/bin/scons", "menuconfig"])] == [
        "scons", "kconfiglib"]


def test_bootstrap_elsewhere_names_the_packages():
    tools = [CATALOG.tools["clang"], CATALOG.tools["lld"]]
    with pytest.raises(bootstrap.BootstrapError, match="^please install with Homebrew: llvm and "
                       "lld; then run ./bootstrap again$"):
        bootstrap.install(tools, "homebrew")


def test_bootstrap_without_root_says_what_root_should_run(monkeypatch):
    monkeypatch.setattr(bootstrap, "root_prefix", lambda: None)
    with pytest.raises(bootstrap.BootstrapError, match="run as root: apt-get install clang$"):
        bootstrap.apt_install(["clang"])


def test_package_lists_are_fetched_only_if_they_are_too_old(monkeypatch):
    for known, expected in ((True, ["-y"]), (False, ["update", "-y"])):
        ran = []
        monkeypatch.setattr(bootstrap, "root_prefix", lambda: [])
        monkeypatch.setattr(bootstrap, "apt_knows", lambda _, known=known: known)
        monkeypatch.setattr(bootstrap, "run_apt",
                            lambda _, *words, ran=ran: ran.append(words[0]) or True)
        bootstrap.apt_install(["clang"])
        assert ran == expected
