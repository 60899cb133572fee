"""Intel HEX files."""

import pytest

from resea import ihex
from resea.errors import UserError


def line(kind, offset, data):
    """One record."""
    record = bytes([len(data)]) + offset.to_bytes(2, "big") + bytes([kind]) + data
    return ":" + (record + bytes([-sum(record) & 0xff])).hex().upper() + "\n"


END = ":00000001FF\n"


def test_the_standard_s_own_checksum():
    assert ihex.pieces(":0300300002337A1E\n" + END, "a") == [(0x30, b"\x02\x33\x7a")]


def test_addresses_above_64_kib():
    text = (line(4, 0, b"\x00\x03") + line(0, 0xfc00, b"ab") + line(2, 0, b"\x10\x00")
            + line(0, 4, b"cd") + line(5, 0, b"\0\0\0\x01") + END)
    assert ihex.pieces(text, "a") == [(0x10004, b"cd"), (0x3fc00, b"ab")]


def test_what_shares_pages_is_one_piece():
    text = line(0, 8, b"cd") + line(0, 0, b"ab") + line(0, 4095, b"x") + END
    assert ihex.pieces(text, "a", 1024) == [(0, b"ab" + b"\xff" * 6 + b"cd"), (4095, b"x")]
    assert len(ihex.pieces(text, "a", 4096)) == 1


def test_empty_pages_are_left_out():
    page, empty = b"x" * 16, b"\xff" * 16
    assert ihex.without_empty_pages([(0, page + page + empty + page + b"y"), (160, empty)], 16) == [
        (0, page + page), (48, page + b"y")]
    assert ihex.without_empty_pages([(8, b"\xff" * 8 + page)], 16) == [(16, page)]
    assert ihex.without_empty_pages([], 16) == []


@pytest.mark.parametrize("text, message", [
    ("hello\n", "a:1: is no line of an Intel HEX file, or is damaged"),
    (END + ":00000001FE\n", "a:2: is no line of"), (":02000000AA54\n", "a:1: is no line of"),
    (line(0, 0, b"ab") + line(0, 1, b"c"), "a: says twice what is at 0x1")])
def test_damage_is_told(text, message):
    with pytest.raises(UserError, match=f"^{message}"):
        ihex.pieces(text, "a")
