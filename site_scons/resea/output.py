"""What the build prints: one short line a step, coloured on a terminal."""

import os
import sys

_COLOURS = {"CC": "32", "AS": "32", "LD": "36", "AR": "36", "GEN": "35", "STRIP": "36",
            "BOOTFS": "35", "LAYOUT": "35", "IMAGE": "1;34", "BUILT": "1;34",
            "TEST": "33", "ERROR": "1;31", "WARNING": "1;33"}


def coloured(stream=None):
    """Whether to colour: a terminal, and no NO_COLOR in the environment (https://no-color.org)."""
    stream = stream or sys.stdout
    return not os.environ.get("NO_COLOR") and stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text, colour, stream=None):
    """`text` in the colour of a step's word, or as it is where colours are unwanted."""
    if not coloured(stream):
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def step(word, what):
    """The line of one build step."""
    return "  " + paint(f"{word:<7}", word) + f" {what}"


def error(text):
    """Prints a user's mistake."""
    _say("error:", "ERROR", text)


def warning(text):
    """Prints what may be a mistake."""
    _say("warning:", "WARNING", text)


def _say(word, colour, text):
    """A line in one piece: other threads print, too."""
    sys.stdout.flush()
    sys.stderr.write(f"{paint(word, colour, sys.stderr)} {text}\n")


def size(num_bytes):
    """A size for people: 512 B, 12.3 KiB, 1.5 MiB, 29.7 GiB."""
    if num_bytes < 1024:
        return f"{num_bytes} B"
    if num_bytes < 1024 * 1024:
        return f"{num_bytes / 1024:.1f} KiB"
    if num_bytes < 1 << 30:
        return f"{num_bytes / 1024 / 1024:.1f} MiB"
    return f"{num_bytes / (1 << 30):.1f} GiB"


def plural(number, word):
    """"1 file", "2 files"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
