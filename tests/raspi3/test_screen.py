"""The display: compared pixel by pixel with what came over the serial line."""


import pytest

import display
from raspi3 import boot, broken
from resea import qemu
from support import keys, terminal
from support.qmp import Qmp, Qtest

pytestmark = pytest.mark.board("raspi3")


def expect_picture(qmp, guest, folder):
    """Looks until the display shows what the guest has said, pixel by pixel; returns it."""
    return terminal.expect_shown(
        guest, lambda: display.dump(qmp, folder),
        lambda said, found: display.expected(said, found.width, found.height))


def boot_with_qmp(machines, folder, mode="debug", **setup):
    """Returns the guest and the path of its QMP socket."""
    path = folder / "qmp.sock"
    return boot(machines, mode, extra=Qmp.arguments(path), **setup), path


def test_shows_the_boot_log_and_the_session(machines, tmp_path, mode, cpus):
    guest, path = boot_with_qmp(machines, tmp_path, mode, cpus=cpus)
    guest.prompt()
    with Qmp(path) as qmp:
        text = expect_picture(qmp, guest, tmp_path).text()
        for line in ("Resea, 64 tasks at most", "[kernel] ", "Welcome to Resea", "resea>"):
            assert line in text
        # More than fits, with lines that are too long.
        guest.command("help")
        guest.command("ps")
        guest.command("boardinfo")
        text = expect_picture(qmp, guest, tmp_path).text()
        assert "Raspberry Pi 3B" in text and "25 °C" in text and "Resea," not in text
        # What is typed, and taken back.
        guest.send("echo abc\x7f\x7fx")
        guest.expect("echo ab.*x")
        expect_picture(qmp, guest, tmp_path)
        guest.send("\n")
        guest.prompt()
        assert expect_picture(qmp, guest, tmp_path).text().endswith("\nax\nresea> _")


def test_the_shell_is_used_at_the_screen(machines, tmp_path):
    """As with gui=1."""
    path = tmp_path / "qmp.sock"
    guest = boot(machines, "debug", extra=Qmp.arguments(path) + ("-device", "usb-kbd"))
    guest.prompt()
    while "usb_kbd" not in guest.command("usb"):
        pass
    with Qmp(path) as qmp:
        keys.type_line(guest, qmp, "echo Hello, World!")
        guest.expect("^Hello, World!$")
        guest.prompt()
        keys.press(qmp, "{up}\n")
        guest.expect("^Hello, World!$")
        guest.prompt()
        text = expect_picture(qmp, guest, tmp_path).text()
        assert text.endswith("Hello, World!\nresea> _")
        keys.type_line(guest, qmp, "poweroff")
        assert guest.wait() == qemu.EXIT_SUCCESS


def expect_line(machines, tmp_path, text):
    """Boots, lets the shell print a line, and compares; returns the picture."""
    guest, path = boot_with_qmp(machines, tmp_path,
                                cmdline=f"run=\"echo '{text}'; utils sleep 1000000\"")
    guest.expect("^resea> utils sleep")
    with Qmp(path) as qmp:
        return expect_picture(qmp, guest, tmp_path)


def test_shows_colours(machines, tmp_path):
    text = "@[31;44mred@[0m@[1;32mgreen@[7minverse@[0m@[45mlast@[m plain".replace("@", "\x1b")
    found = expect_line(machines, tmp_path, text)
    assert "redgreeninverselast plain" in found.text()
    colors = {pixel for row in found.rows for pixel in row}
    assert {0xc02020, 0x3060e0, 0x50ff50, 0xb040b0} <= colors


@pytest.mark.parametrize("first, last", [(0xa1, 0xd0), (0xd0, 0x100)])
def test_shows_latin_1(machines, tmp_path, first, last):
    letters = "".join(chr(code) for code in range(first, last) if code != 0xad)
    assert "\n" + letters + "\n" in expect_line(machines, tmp_path, letters).text()


def test_a_screen_that_has_crashed_shows_everything_again(machines, tmp_path):
    qmp_path, qtest_path = tmp_path / "qmp.sock", tmp_path / "qtest.sock"
    guest = boot(machines, "debug", extra=Qmp.arguments(qmp_path) + Qtest.arguments(qtest_path))
    guest.prompt()
    with Qmp(qmp_path) as qmp, Qtest(qtest_path) as qtest:
        with broken(qtest, "screen", "painter_update"):
            guest.send("echo a\n")
            guest.expect(r"\[vm\] WARN: screen ended: restart 1")
        text = expect_picture(qmp, guest, tmp_path).text()
    assert "Welcome to Resea" in text and "screen ended: restart" in text
