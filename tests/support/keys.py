"""Types on an emulated machine's keyboard."""

import contextlib
import re

# The keys of a US keyboard, by what they type without and with Shift; QEMU's names.
_NAMES = {
    "\n": "ret", "\t": "tab", " ": "spc", "\b": "backspace", "-": "minus", "=": "equal",
    "[": "bracket_left", "]": "bracket_right", ";": "semicolon", "'": "apostrophe",
    "`": "grave_accent", "\\": "backslash", ",": "comma", ".": "dot", "/": "slash",
}
_SHIFTED = dict(zip('~!@#$%^&*()_+{}:"|<>?', "`1234567890-=[];'\\,./"))


def key_strokes(text):
    """The keys that are held together, one list for each character or {name}; {a-b} holds both."""
    strokes = []
    while text:
        match = re.match(r"\{([a-z0-9_-]+)\}", text)
        if match:
            strokes.append(match[1].split("-"))
            text = text[match.end():]
            continue
        char, text = text[0], text[1:]
        plain = _SHIFTED.get(char, char.lower())
        shift = ["shift"] if char in _SHIFTED or char.isupper() else []
        strokes.append(shift + [_NAMES.get(plain, plain)])
    return strokes


def press(qmp, text, wait=lambda: None):
    """Types on the machine's keyboard, which is a US one: characters, and names of keys of QEMU's
    in braces: "help{up}{ctrl-c}". wait() returns when the keyboard can take the next key: QEMU's
    have room for few."""
    for keys in key_strokes(text):
        wait()
        qmp.execute("send-key", keys=[{"type": "qcode", "data": key} for key in keys],
                    **{"hold-time": 1})


def press_last(qmp, text, wait=lambda: None):
    """Types what ends the emulator, which may do so before it has answered."""
    press(qmp, text[:-1], wait)
    with contextlib.suppress(ConnectionError):
        press(qmp, text[-1], wait)


def type_line(guest, qmp, text):
    """Types a line, which may be the last one, each key when the one before has been echoed."""
    for char in text:
        press(qmp, char)
        guest.expect(re.escape(char))
    press_last(qmp, "\n")
