"""The PC's text screen: read from the VGA's memory, and as it should be."""

from pathlib import Path

from support import terminal

COLUMNS, ROWS = 80, 25
TEXT_PADDR = 0xb8000
CRTC = 0x3d4
TOP_HIGH, TOP_LOW = 12, 13
CURSOR_HIGH, CURSOR_LOW = 14, 15

# The VGA's numbers of pyte's colours.
COLORS = {"black": 0, "blue": 1, "green": 2, "cyan": 3, "red": 4, "magenta": 5, "brown": 6,
          "white": 7}
BRIGHT = 8


class TextScreen:
    """Rows of cells: a character and its colours, the foreground in the low 4 bits."""

    def __init__(self, rows):
        self.rows = rows

    def __eq__(self, other):
        return self.rows == other.rows

    def text(self):
        """What it says."""
        lines = ["".join(char for char, _ in row).rstrip() for row in self.rows]
        return "\n".join(lines).rstrip()


def _cell(char, colors):
    """A blank looks the same in all foreground colours."""
    return (char, colors & 0xf0 if char == " " else colors)


def look(qmp, folder, top=0, rows=ROWS):
    """What the screen shows now, if the first row that is shown is number `top` of its memory: the
    server keeps it at 0, the kernel's own screen scrolls by moving it."""
    path = Path(folder) / "text.bin"
    qmp.execute("pmemsave", val=TEXT_PADDR + 2 * COLUMNS * top, size=2 * COLUMNS * rows,
                filename=str(path))
    data = path.read_bytes()
    cells = [_cell(bytes([data[at]]).decode("cp437"), data[at + 1])
             for at in range(0, len(data), 2)]
    return TextScreen([cells[at:at + COLUMNS] for at in range(0, len(cells), COLUMNS)])


def _colors(char):
    front = COLORS["white" if char.fg == "default" else char.fg] + BRIGHT * char.bold
    back = COLORS["black" if char.bg == "default" else char.bg]
    return front << 4 | back if char.reverse else back << 4 | front


def expected(said, _found=None):
    """The TextScreen that belongs to what came over the serial line."""
    shown = terminal.screen(said, COLUMNS, ROWS)
    return TextScreen([[_cell(shown.buffer[y][x].data, _colors(shown.buffer[y][x]))
                        for x in range(COLUMNS)] for y in range(ROWS)])


def read_port(qmp, port):
    """An I/O port's byte, as the CPU would read it."""
    answer = qmp.execute("human-monitor-command", **{"command-line": f"i /b {port:#x}"})
    return int(answer.split("=")[1], 16)


def _crtc(qmp, number):
    qmp.execute("human-monitor-command", **{"command-line": f"o /b {CRTC:#x} {number}"})
    return read_port(qmp, CRTC + 1)


def cursor(qmp):
    """Where the cursor is: column and row. Nobody else may use the CRT controller meanwhile."""
    at = _crtc(qmp, CURSOR_HIGH) << 8 | _crtc(qmp, CURSOR_LOW)
    return at % COLUMNS, at // COLUMNS


def top(qmp):
    """The row of the memory that is the first one shown."""
    return (_crtc(qmp, TOP_HIGH) << 8 | _crtc(qmp, TOP_LOW)) // COLUMNS
