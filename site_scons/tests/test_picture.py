"""Pictures: what QEMU dumps, as a PNG that others can read."""

import struct
import zlib

import pytest

from resea import picture
from resea.errors import UserError


def decode(data):
    """A PNG's (width, depth, colour type, palette, rows); checks its sums, and that no row has a
    filter."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        content = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(
            kind + content)
        chunks[kind] = content
        at += 12 + length
    width, height, depth, color_type = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    raw = zlib.decompress(chunks[b"IDAT"])
    stride = len(raw) // height
    rows = [raw[row * stride:(row + 1) * stride] for row in range(height)]
    assert all(row[0] == 0 for row in rows) and list(chunks)[-1] == b"IEND"
    return width, depth, color_type, chunks.get(b"PLTE", b""), [row[1:] for row in rows]


def pixels_of(data):
    """The pixels again, three bytes each."""
    width, depth, color_type, palette, rows = decode(data)
    if color_type == 2:
        return b"".join(rows)
    found = b""
    for row in rows:
        bits = "".join(f"{byte:08b}" for byte in row)
        numbers = [int(bits[at:at + depth], 2) for at in range(0, width * depth, depth)]
        found += b"".join(palette[3 * number:3 * number + 3] for number in numbers)
    return found


@pytest.mark.parametrize("colors, depth", [(1, 1), (2, 1), (3, 2), (5, 4), (17, 8), (256, 8)])
def test_few_colours_have_a_palette(colors, depth):
    width, height = 13, 21
    pixels = b"".join(bytes([index % colors, 7, 9]) for index in range(width * height))
    data = picture.png(picture.Picture(width, height, pixels))
    assert decode(data)[1:3] == (depth, 3)
    assert pixels_of(data) == pixels


def test_many_colours_have_none():
    pixels = b"".join(struct.pack(">I", index)[1:] for index in range(20 * 20))
    data = picture.png(picture.Picture(20, 20, pixels))
    assert decode(data)[1:3] == (8, 2)
    assert pixels_of(data) == pixels


def test_reads_what_qemu_dumps(tmp_path):
    path = tmp_path / "screen.ppm"
    path.write_bytes(b"P6\n2 1\n255\nabcdef")
    assert picture.read_ppm(path) == picture.Picture(2, 1, b"abcdef")
    path.write_bytes(b"P5\n2 1\n255\nab")
    with pytest.raises(UserError, match="is no picture that QEMU has dumped"):
        picture.read_ppm(path)
