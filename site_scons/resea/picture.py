"""Pictures of an emulated screen: what QEMU dumps (PPM), and what books show (PNG)."""

import re
import struct
import zlib
from dataclasses import dataclass

from resea.errors import UserError


@dataclass(frozen=True)
class Picture:
    """`pixels`: three bytes each, row by row: red, green, blue."""

    width: int
    height: int
    pixels: bytes


def read_ppm(path):
    """A binary PPM with a byte a colour, as QEMU writes it."""
    with open(path, "rb") as file:
        data = file.read()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not header:
        raise UserError(str(path), "is no picture that QEMU has dumped")
    width, height = int(header[1]), int(header[2])
    return Picture(width, height, data[header.end():header.end() + 3 * width * height])


def png(picture):
    """The bytes of a PNG (specification: RFC 2083). A screen of text has few colours: with a
    palette it is a tenth as large."""
    colors = sorted(set(_triples(picture.pixels)))
    if len(colors) > 256:
        rows = _rows(picture.pixels, 3 * picture.width)
        return _file(picture, 8, 2, b"", rows)
    depth = next(bits for bits in (1, 2, 4, 8) if len(colors) <= 1 << bits)
    numbers = {color: number for number, color in enumerate(colors)}
    indexes = [numbers[color] for color in _triples(picture.pixels)]
    rows = [_pack(indexes[at:at + picture.width], depth)
            for at in range(0, len(indexes), picture.width)]
    return _file(picture, depth, 3, _chunk(b"PLTE", b"".join(colors)), rows)


def _triples(pixels):
    return (pixels[at:at + 3] for at in range(0, len(pixels), 3))


def _rows(data, length):
    return [data[at:at + length] for at in range(0, len(data), length)]


def _pack(indexes, depth):
    """A row's numbers as bytes, the first pixel in the highest bits."""
    per_byte = 8 // depth
    packed = bytearray()
    for at in range(0, len(indexes), per_byte):
        byte = 0
        for number in (indexes[at:at + per_byte] + [0] * per_byte)[:per_byte]:
            byte = byte << depth | number
        packed.append(byte)
    return bytes(packed)


def _chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data
            + struct.pack(">I", zlib.crc32(kind + data)))


def _file(picture, depth, color_type, palette, rows):
    header = struct.pack(">IIBBBBB", picture.width, picture.height, depth, color_type, 0, 0, 0)
    # Each row begins with its filter: none.
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + palette + _chunk(b"IDAT", data)
            + _chunk(b"IEND", b""))
