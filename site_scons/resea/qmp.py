"""QMP, QEMU's other line: to ask and tell the emulator, and to type on the machine's keyboard."""

import json
import re
import socket


class Link:
    """A socket of QEMU's, which has listened since it was started."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rw")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()
        self._socket.close()


class Qmp(Link):
    """`arguments(path)` are for QEMU's command line."""

    def __init__(self, path):
        super().__init__(path)
        self.events = []
        self._stream.readline()  # It says who it is.
        self.execute("qmp_capabilities")

    @staticmethod
    def arguments(path):
        return ("-qmp", f"unix:{path},server=on,wait=off")

    def execute(self, command, **arguments):
        """Runs a command; returns what it returns."""
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            answer = json.loads(self._stream.readline())
            if "event" in answer:
                self.events.append(answer)
            else:
                assert "return" in answer, answer
                return answer["return"]

    def shutdown_reason(self):
        """Waits for QEMU's end; returns why it ends."""
        while True:
            for event in self.events:
                if event["event"] == "SHUTDOWN":
                    return event["data"]["reason"]
            line = self._stream.readline()
            assert line, "QEMU ended without saying why"
            self.events.append(json.loads(line))

    def type(self, text):
        """Types on the machine's keyboard, which is a US one: characters, and names of keys of QEMU's
        in braces: "help{up}{ctrl-c}\\n"."""
        for keys in key_strokes(text):
            self.execute("send-key", keys=[{"type": "qcode", "data": key} for key in keys],
                         **{"hold-time": 1})


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
