"""What the display shows, and what it should: the guest's serial output as a terminal emulator that
has nothing to do with the screen's server (pyte) understands it, drawn with the server's font."""

import re
from pathlib import Path

from support import builds, terminal

FONT = builds.TOP / "servers/drivers/display/screen/font.c"
CELL_WIDTH, CELL_HEIGHT = 8, 16
CURSOR_ROWS = range(13, 16)

# By pyte's names, dark and bright.
COLORS = {
    "black": (0x000000, 0x707070), "red": (0xc02020, 0xff5050), "green": (0x20b020, 0x50ff50),
    "brown": (0xc09020, 0xffff50), "blue": (0x3060e0, 0x7090ff), "magenta": (0xb040b0, 0xff70ff),
    "cyan": (0x20b0b0, 0x50ffff), "white": (0xd0d0d0, 0xffffff),
}
CURSOR = 0xd0d0d0


def font():
    """{character: its 16 rows}, as the source says."""
    found = {}
    for match in re.finditer(r"\[0x(\w\w)\] = \{0x(\w{16}), 0x(\w{16})\}", FONT.read_text("utf-8")):
        found[chr(int(match[1], 16))] = bytes.fromhex(match[2] + match[3])
    return found


def color(name, default, bold=False):
    """The number of one of pyte's colours (which knows no bright ones but by bold)."""
    return COLORS[default if name == "default" else name][bold]


class Picture:
    """Rows of pixels, 0xRRGGBB."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.rows = [[0] * width for _ in range(height)]

    def __eq__(self, other):
        return self.rows == other.rows

    def cell(self, x, y):
        """The pixels of a character's cell, as a tuple of rows."""
        return tuple(tuple(row[x * CELL_WIDTH:(x + 1) * CELL_WIDTH])
                     for row in self.rows[y * CELL_HEIGHT:(y + 1) * CELL_HEIGHT])

    def text(self):
        """What it says: a line for each row, with _ for the cursor and ? for what is no
        character of the font."""
        known = {rows: ch for ch, rows in font().items() if ch not in "\xa0\xad"}
        known[bytes(CURSOR_ROWS.start) + b"\xff" * len(CURSOR_ROWS)] = "_"
        lines = []
        for y in range(self.height // CELL_HEIGHT):
            line = ""
            for x in range(self.width // CELL_WIDTH):
                cell = self.cell(x, y)
                back = cell[0][0]
                rows = bytes(sum((pixel != back) << (7 - i) for i, pixel in enumerate(row))
                             for row in cell)
                line += known.get(rows, "?")
            lines.append(line.rstrip())
        return "\n".join(lines).rstrip()


def dump(qmp, folder):
    """The Picture on the display now."""
    path = Path(folder) / "screen.ppm"
    qmp.execute("screendump", filename=str(path))
    data = path.read_bytes()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    picture = Picture(int(header[1]), int(header[2]))
    pixels = data[header.end():]
    for y in range(picture.height):
        row = pixels[y * picture.width * 3:(y + 1) * picture.width * 3]
        picture.rows[y] = [int.from_bytes(row[i:i + 3], "big") for i in range(0, len(row), 3)]
    return picture


def draw(picture, x, y, char, glyphs):
    """Draws one of pyte's characters into its cell."""
    front = color(char.fg, "white", char.bold)
    back = color(char.bg, "black")
    if char.reverse:
        front, back = back, front
    for row, bits in enumerate(glyphs[char.data]):
        for i in range(CELL_WIDTH):
            picture.rows[y * CELL_HEIGHT + row][x * CELL_WIDTH + i] = (
                front if bits >> (7 - i) & 1 else back)


def expected(said, width, height):
    """The Picture that belongs to what came over the serial line."""
    columns, rows = width // CELL_WIDTH, height // CELL_HEIGHT
    screen = terminal.screen(said, columns, rows)
    picture = Picture(width, height)
    glyphs = font()
    for y in range(rows):
        for x in range(columns):
            draw(picture, x, y, screen.buffer[y][x], glyphs)
    x, y = min(screen.cursor.x, columns - 1), screen.cursor.y
    for row in CURSOR_ROWS:
        at = y * CELL_HEIGHT + row
        picture.rows[at][x * CELL_WIDTH:(x + 1) * CELL_WIDTH] = [CURSOR] * CELL_WIDTH
    return picture
