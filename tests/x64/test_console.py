"""A person at a PC: types on the keyboard, and reads the screen. Compared with what came over the
serial line."""

import contextlib
import re
from dataclasses import replace

import pytest
from elftools.elf.elffile import ELFFile

import textscreen
from resea import qemu
from support import builds, keys, terminal
from support.qmp import Qmp, Qtest

pytestmark = pytest.mark.board("x64")

KEYBOARD_STATUS, KEYBOARD_HAS_BYTE = 0x64, 1
# Two bytes that no processor executes: ud2.
UD2 = b"\x0f\x0b"
# Where programs are in memory: in the kernel's image.
IMAGE_END = 64 << 20


@contextlib.contextmanager
def person(machines, folder, mode="debug", extra=(), **setup):
    """Boots; gives the guest and QMP, the prompt being there."""
    path = folder / "qmp.sock"
    guest = machines.boot(mode, extra=Qmp.arguments(path) + tuple(extra), **setup)
    guest.prompt()
    with Qmp(path) as qmp:
        # The keyboard's driver may not be ready.
        while not guest.text().rstrip("\n").endswith("x"):
            press(qmp, "x")
            guest.listen(0.5)
        press(qmp, "{ctrl-u}\n")
        guest.prompt()
        yield guest, qmp


def press(qmp, text, how=keys.press):
    """Types, each key when the driver has taken the last one from the controller."""
    def wait():
        while textscreen.read_port(qmp, KEYBOARD_STATUS) & KEYBOARD_HAS_BYTE:
            pass
    how(qmp, text, wait)


def expect_screen(qmp, guest, folder):
    """Looks until the screen shows what the guest has said; returns its text."""
    return terminal.expect_shown(guest, lambda: textscreen.look(qmp, folder),
                                 textscreen.expected).text()


def power_off(qmp, guest):
    """Types it."""
    press(qmp, "poweroff\n", keys.press_last)
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.parametrize("machine, count, build", [
    ("pc", 1, "debug"), ("pc", 4, "release"), ("q35", 1, "release"), ("q35", 4, "debug"),
])
def test_the_shell_is_used_at_the_screen(machines, tmp_path, machine, count, build):
    with person(machines, tmp_path, build, ("-machine", machine), cpus=count) as (guest, qmp):
        text = expect_screen(qmp, guest, tmp_path)
        # What was said before has been scrolled away.
        for line in ("Welcome to Resea", "resea>"):
            assert line in text
        # Shift, Caps Lock, the keypad, and keys that type nothing.
        press(qmp, "echo Hello, W{caps_lock}orld{caps_lock}! {kp_5}{f5}{pause}{print}{menu}\n")
        guest.expect("^Hello, WORLD! 5$")
        guest.prompt()
        # The line editor: history, both ends of the line, deletion.
        press(qmp, "{up}{home}" + "{right}" * len("echo ") + "{delete}J{ctrl-e}{left}\b+\n")
        guest.expect("^Jello, WORLD!\\+5$")
        guest.prompt()
        # More than fits.
        press(qmp, "help\n")
        guest.prompt()
        press(qmp, "ps\n")
        guest.prompt()
        text = expect_screen(qmp, guest, tmp_path)
        assert "vga_text" in text and text.endswith("\nresea>") and "Resea, 64" not in text
        assert textscreen.cursor(qmp) == (len("resea> "), textscreen.ROWS - 1)
        power_off(qmp, guest)


def test_a_program_is_ended_by_the_keyboard(machines, tmp_path):
    """In a release build no driver says in the middle of what is typed that it has no device."""
    with person(machines, tmp_path, "release") as (guest, qmp):
        press(qmp, "utils sleep 1000000\n")
        guest.expect(r"utils sleep 1000000\s*\n")
        press(qmp, "{ctrl-c}")
        guest.expect("utils was killed")
        guest.prompt()
        # Both are one console.
        guest.send("echo a")
        guest.expect("echo a")
        press(qmp, "bc\n")
        guest.expect("^abc$")
        expect_screen(qmp, guest, tmp_path)
        power_off(qmp, guest)


def test_shows_colours_and_letters(machines, tmp_path):
    text = "@[31;44mred@[0m@[1;32mgreen@[7minverse@[0m@[45mlast@[m ÄÖÜäöüß°¿".replace("@", "\x1b")
    path = tmp_path / "qmp.sock"
    guest = machines.boot("debug", extra=Qmp.arguments(path),
                          cmdline=f"run=\"echo '{text}'; utils sleep 1000000\"")
    guest.expect("^resea> utils sleep")
    with Qmp(path) as qmp:
        assert "redgreeninverselast ÄÖÜäöüß°¿" in expect_screen(qmp, guest, tmp_path)


def test_a_flood_of_keys_drowns_nobody(machines, tmp_path):
    """More than the keyboard's buffer and the shell can take; what is lost are keys that went up,
    too."""
    with person(machines, tmp_path, "release", cpus=1) as (guest, qmp):
        press(qmp, "utils sleep 1000000\n")
        guest.expect(r"utils sleep 1000000\s*\n")
        keys.press(qmp, ("xyz" * 10 + "{shift-ctrl-alt-f12}") * 5)
        press(qmp, "{shift}{ctrl}{alt}{f12}{ctrl-c}")
        guest.expect("utils was killed")
        press(qmp, "{ctrl-u}echo dry\n")
        guest.expect("^dry$")
        guest.prompt()
        expect_screen(qmp, guest, tmp_path)
        power_off(qmp, guest)


def test_a_panic_is_shown_below_the_rest(machines, tmp_path):
    """The machine then powers off, which QEMU takes as a pause."""
    path, folder = tmp_path / "qmp.sock", builds.build("x64", "debug")
    setup = qemu.Setup(cpus=4, extra=Qmp.arguments(path) + ("-action", "shutdown=pause"))
    machine = replace(machines.board.machine, exit=None)
    guest = machines.start(qemu.command(machine, setup, folder / "resea.img"), folder)
    guest.prompt()
    with Qmp(path) as qmp:
        # What the kernel shows while it boots looks the same.
        while not re.search("vga_text +recv", guest.command("ps")):
            pass
        expect_screen(qmp, guest, tmp_path)
        guest.send("echo the last words; kdebug panic\n")
        qmp.wait_for("STOP")
        top = textscreen.top(qmp)
        shown = textscreen.look(qmp, tmp_path, top).text()
        assert "Backtrace:" in shown and re.search("^#[0-9]+ vga_text: state=", shown, re.MULTILINE)
        # What the server had shown has been scrolled away, not overwritten.
        text = textscreen.look(qmp, tmp_path, 0, top + textscreen.ROWS).text()
        assert text.index("vga_text ") < text.index("PANIC") < text.index("Backtrace:")


def test_without_keyboard_and_screen_their_servers_end(machines, tmp_path):
    guest = machines.boot("debug", extra=("-machine", "pc,i8042=off", "-vga", "none"),
                          cmdline='run="utils sleep 500; ps"')
    guest.expect_all(["there is no PS/2 keyboard", "there is no VGA in text mode"])
    assert guest.wait() == qemu.EXIT_SUCCESS
    listed = guest.text().partition("resea> ps\n")[2]
    assert "shell" in listed and "ps2kbd" not in listed and "vga_text" not in listed
    assert "restart" not in guest.text()


def code_of(server, function):
    """The first bytes of a function of a program of the debug build."""
    with open(builds.build("x64", "debug") / "servers" / f"{server}.elf", "rb") as file:
        elf = ELFFile(file)
        symbol = elf.get_section_by_name(".symtab").get_symbol_by_name(function)[0]
        text = elf.get_section_by_name(".text")
        at = symbol["st_value"] - text["sh_addr"]
        return text.data()[at:at + symbol["st_size"]]


@contextlib.contextmanager
def broken(qmp, qtest, folder, server, function):
    """In here, a program crashes when it calls one of its functions."""
    path = folder / "memory.bin"
    qmp.execute("pmemsave", val=0, size=IMAGE_END, filename=str(path))
    code = code_of(server, function)
    places = [match.start() for match in re.finditer(re.escape(code), path.read_bytes())]
    assert places, f"where is {server}'s {function}?"
    for place in places:
        qtest.write(place, UD2)
    yield
    for place in places:
        qtest.write(place, code[:len(UD2)])


def test_drivers_that_have_crashed_go_on(machines, tmp_path):
    """The keyboard's with a key held, the screen's with all that it has shown."""
    path = tmp_path / "qtest.sock"
    with person(machines, tmp_path, extra=Qtest.arguments(path)) as (guest, qmp), \
            Qtest(path) as qtest:
        press(qmp, "echo before\n")
        guest.expect("^before$")
        with broken(qmp, qtest, tmp_path, "ps2kbd", "scancode_decode"):
            press(qmp, "{shift-a}")
            guest.expect(r"\[vm\] WARN: ps2kbd ended: restart 1")
        guest.expect(r"\[vm\] started ps2kbd")
        with broken(qmp, qtest, tmp_path, "vga_text", "cells_update"):
            # What is typed at the serial line must be taken before the keyboard's comes in between.
            guest.send("echo meanwhile\n")
            guest.expect("^meanwhile$")
            guest.expect_all(["[vm] WARN: vga_text ended: restart 1"])
        press(qmp, "{ctrl-u}echo after\n")
        guest.expect("^after$")
        text = expect_screen(qmp, guest, tmp_path)
        assert "vga_text ended: restart 1" in text and "after" in text
        power_off(qmp, guest)
