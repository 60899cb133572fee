"""What OpenOCD is told, and what becomes of its log."""

from types import SimpleNamespace

import pytest

from resea import probe
from resea.errors import UserError

TABLE = {"scripts": ["interface/x.cfg", "target/y.cfg"]}


def test_programming_writes_and_compares_one_after_the_other():
    assert probe.programming([("a b.hex", None), ("c.bin", 0x3fc00)])[-6:] == [
        "flash write_image erase {a b.hex}", "verify_image {a b.hex}",
        "flash write_image erase {c.bin} 0x3fc00 bin", "verify_image {c.bin} 0x3fc00 bin",
        "reset run", "shutdown"]
    assert probe.openocd(TABLE, "9901", ["init"]) == [
        "openocd", "-f", "interface/x.cfg", "-f", "target/y.cfg", "-c", "adapter serial 9901",
        "-c", "init"]


def test_which_probe():
    one, two = probe.Probe("CMSIS-DAP", "1"), probe.Probe("CMSIS-DAP", "2")
    assert probe.choose(None, []) is None and probe.choose("1", [one]) is None
    assert probe.choose("9902", [one, two]) == "9902"
    for wanted in (None, "0", "1"):
        with pytest.raises(UserError, match="2 of them are plugged in"):
            probe.choose(wanted, [one, two])


def test_only_probes_are_found(tmp_path):
    for name, product in (("1-1", "Keyboard"), ("1-2", "DAPLink CMSIS-DAP")):
        folder = tmp_path / "sys/bus/usb/devices" / name
        folder.mkdir(parents=True)
        (folder / "product").write_text(product + "\n")
    assert probe.probes(str(tmp_path)) == [probe.Probe("DAPLink CMSIS-DAP", "")]
    assert probe.probes(str(tmp_path / "mac")) == []


@pytest.mark.parametrize("log, text", [
    ("Error: unable to open CMSIS-DAP device 0xd28:0x204\n"
     "Error: unable to find a matching CMSIS-DAP device", "you may not use it"),
    ("Error: unable to find a matching CMSIS-DAP device", "no debug probe is found"),
    ("Error: Error connecting DP: cannot read IDR", "the chip doesn't answer"),
    ("Error: Cannot erase protected sector at 0x0",
     'openocd -f interface/x.cfg -f target/y.cfg -c init -c "nrf51 mass_erase" -c shutdown'),
    ("Error: couldn't open z.hex", "OpenOCD misses a file"),
    ("diff 0 address 0x000000c8. Was 0x1b instead of 0x13",
     "verifying failed: at address 0x000000c8 the flash has 0x1b, but 0x13 was written"),
    ("Info : x\nError: strange\nError: [c] clearing lockup after double fault\nbye",
     "OpenOCD failed with status 1: strange"),
    ("", "OpenOCD failed with status 1: it said nothing")])
def test_each_failure_is_told_with_what_to_do(log, text):
    assert text in probe.explain(1, log, TABLE)


def test_success_and_silence():
    assert probe.explain(0, "Error: [c] clearing lockup after double fault", TABLE) == ""
    assert "didn't end" in probe.explain(None, "", TABLE)
    assert probe.summary("wrote 2048 bytes from file a in 1s (2.000 KiB/s)\nwrote 1024 bytes from "
                         "file b in 1s (1.000 KiB/s)") == (
        "3.0 KiB written (2.000 KiB/s) and verified; the board runs")


def test_a_missing_openocd_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="openocd is missing; run ./bootstrap scons board=microbit"):
        probe.run(["openocd"], tmp_path / "log")


def test_a_command_line_needs_a_page_that_holds_it(tmp_path):
    build = SimpleNamespace(folder=tmp_path)
    assert probe.cmdline_file(build, None) == []
    with pytest.raises(UserError, match="this board's build has no place for a command line"):
        probe.cmdline_file(build, "x")
    (tmp_path / "layout.json").write_text('{"cmdline": [4096, 16]}')
    assert probe.cmdline_file(build, "run=x") == [(tmp_path / "cmdline.bin", 4096)]
    assert (tmp_path / "cmdline.bin").read_bytes() == b"run=x\0\0\0"
    with pytest.raises(UserError, match="is too long: at most 15 bytes"):
        probe.cmdline_file(build, "x" * 16)


def test_a_board_without_a_probe_says_so():
    build = SimpleNamespace(board="x64", manifest=SimpleNamespace(flashing={}))
    with pytest.raises(UserError, match=r"probe=1: the board x64 has none: its manifest has no "
                       r"table \[flash.openocd\]"):
        probe.debug(build, "1")
