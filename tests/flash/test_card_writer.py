"""The program that writes cards, on files in place of cards: what it does to them, and what it says
when they are broken, too small, or in the hands of somebody who thinks better of it."""

import os
import pty
import select
import subprocess
import sys

import pytest

from support import native

MIB = 1 << 20
SIZE = 24 * MIB
SITE_SCONS = native.FLASH.parents[1] / "site_scons"
LIMIT = 120


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """badcard.c, compiled."""
    return native.shim(tmp_path_factory.mktemp("shim") / "badcard.so", native.FLASH / "badcard.c")


@pytest.fixture
def image(tmp_path):
    """What is to be written: no two blocks alike."""
    path = tmp_path / "card image"
    path.write_bytes(b"".join(number.to_bytes(4, "little") * 128 for number in range(SIZE // 512)))
    return path


@pytest.fixture
def card(tmp_path):
    """The card: larger than the image, and full of something else."""
    path = tmp_path / "card"
    path.write_bytes(b"\xa5" * (SIZE + MIB))
    return path


def writer(image, card, *flags):
    """The command line, as `scons flash` makes it."""
    return [sys.executable, "-B", "-m", "resea.cardwriter", *flags, str(image), str(card)]


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(SITE_SCONS), **{k: str(v) for k, v in more.items()}}


def write(image, card, *flags, **more):
    """Runs it without a terminal, in a group of processes of its own."""
    done = subprocess.run(writer(image, card, *flags), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=environment(RESEA_CARD=card, **more), timeout=LIMIT, check=False,
                          start_new_session=True)
    return done.returncode, done.stdout


def test_the_card_gets_the_image_and_nothing_else(image, card):
    status, text = write(image, card, "--yes")
    assert status == 0, text
    assert card.read_bytes() == image.read_bytes() + b"\xa5" * MIB
    assert f"{card}, 25.0 MiB, image file" in text
    assert "writing 100%, 24.0 MiB" in text and "verifying 100%, 24.0 MiB" in text
    assert text.rstrip().endswith(f"{card} is written and verified")


@pytest.mark.parametrize("offset", [0, 5 * MIB + 12345, SIZE - 1])
def test_a_bit_that_does_not_stay_is_found(image, card, broken, offset):
    status, text = write(image, card, "--yes", LD_PRELOAD=broken, RESEA_FLIP=offset)
    written = image.read_bytes()[offset]
    assert status == 1
    assert (f"error: {card}: the card differs from the image at offset {offset:#x}: "
            f"{written:#04x} was written, {written ^ 1:#04x} is read. The card is worn out") in text
    assert "is written and verified" not in text


def test_a_write_that_fails_is_told_and_the_card_holds_no_half_system(image, card, broken):
    status, text = write(image, card, "--yes", LD_PRELOAD=broken, RESEA_EIO=9 * MIB)
    assert status == 1
    assert "writing at 0x800000 failed: Input/output error. The card is not usable" in text
    assert card.read_bytes()[:4 * MIB] == bytes(4 * MIB)


def test_ctrl_c_while_writing(image, card, broken):
    status, text = write(image, card, "--yes", LD_PRELOAD=broken, RESEA_INTERRUPT=9 * MIB)
    assert status == 130
    assert (f"error: {card}: interrupted; it is not usable: run the command again before you use "
            "it") in text
    after = card.read_bytes()
    # No partition table, so nothing takes it for a card with a system; and the end isn't reached.
    assert after[:4 * MIB] == bytes(4 * MIB) and after[SIZE - MIB:SIZE] == b"\xa5" * MIB


def test_ctrl_c_with_the_last_block(image, card, broken):
    """Block 0 comes twice, cleared and at the end: the first one counts here."""
    status, text = write(image, card, "--yes", LD_PRELOAD=broken, RESEA_INTERRUPT=0)
    assert status == 130 and "not usable" in text and "verified" not in text


@pytest.mark.parametrize("size, reason", [
    (SIZE - 1, "it is too small: 24.0 MiB, but the image has 24.0 MiB"),
    (0, "it is too small: 0 B, but the image has 24.0 MiB")])
def test_a_card_that_is_too_small_is_not_touched(image, card, size, reason):
    os.truncate(card, size)
    status, text = write(image, card, "--yes", "--force")
    assert status == 2 and f"error: device={card}: refused: {reason}" in text
    assert card.read_bytes() == b"\xa5" * size


def test_nobody_to_ask_means_no(image, card):
    status, text = write(image, card)
    assert status == 2 and "refused: there is no terminal to ask on; yes=1 goes on" in text
    assert card.read_bytes() == b"\xa5" * (SIZE + MIB)


def test_no_such_card(image, tmp_path):
    none = tmp_path / "none"
    status, text = write(image, none, "--yes")
    assert status == 2 and f"error: device={none}: there is no such disk or file" in text
    assert not none.exists()


@pytest.mark.parametrize("name", ["/dev/null", "/tmp", "/dev/full"])
def test_what_is_neither_disk_nor_file(image, name):
    status, text = write(image, name, "--yes", "--force")
    assert status == 2 and f"error: device={name}: there is no such disk or file" in text


def on_a_terminal(words, answer):
    """Runs a program on a terminal of its own and answers its question; (status, output)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(words[0], words, environment(TERM="xterm"))
    text, answered = "", False
    while select.select([terminal], [], [], LIMIT)[0]:
        try:
            text += os.read(terminal, 4096).decode()
        except OSError:  # EIO: the other end is closed
            break
        if "to go on: " in text and not answered:
            os.write(terminal, answer)
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text


@pytest.mark.parametrize("answer", [b"y\n", b"\n", b"yes\n", b"cardx\n"])
def test_only_the_name_means_yes(image, card, answer):
    status, text = on_a_terminal(writer(image, card), answer)
    assert status == 1 and "All that is on it will be lost. Type card to go on: " in text
    assert "not confirmed; nothing was written" in text
    assert card.read_bytes() == b"\xa5" * (SIZE + MIB)


def test_ctrl_c_at_the_question(image, card):
    status, text = on_a_terminal(writer(image, card), b"\x03")
    assert status == 130 and "interrupted; nothing was written" in text
    assert card.read_bytes() == b"\xa5" * (SIZE + MIB)


def test_the_end_of_input_at_the_question(image, card):
    status, text = on_a_terminal(writer(image, card), b"\x04")
    assert status == 1 and "not confirmed; nothing was written" in text


def test_a_confirmed_card_is_written_with_a_bar(image, card):
    status, text = on_a_terminal(writer(image, card), b"card\n")
    assert status == 0 and "\rwriting   [#####     " in text
    assert "\rverifying [##############################] 100%" in text
    assert card.read_bytes()[:SIZE] == image.read_bytes()
