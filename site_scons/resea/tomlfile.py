"""TOML files whose every key knows the line it stands on.

tomllib tells values but not lines, and an error without a line makes people search. So the text is
scanned a second time, for nothing but where keys and array elements are.
"""

import re

from resea.errors import UserError

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11: python3-tomli
    import tomli as tomllib

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
                      re.DOTALL)
_SCALAR = re.compile(r"[^,\]\}\n#]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")


class _Scanner:
    """Walks over text that tomllib has found valid, and notes the line of each key path."""

    def __init__(self, text):
        self.text = text
        self.pos = 0
        self.lines = {}

    def skip(self, pattern):
        self.pos = pattern.match(self.text, self.pos).end()

    def peek(self):
        return self.text[self.pos:self.pos + 1]

    def note(self, path):
        self.lines.setdefault(path, self.text.count("\n", 0, self.pos) + 1)

    def key(self):
        """One dotted key, as a tuple."""
        parts = []
        while True:
            self.skip(_SPACE)
            match = _BARE_KEY.match(self.text, self.pos)
            if match:
                parts.append(match.group())
            else:
                match = _STRINGS.match(self.text, self.pos)
                parts.append(tomllib.loads(f"k = {match.group()}")["k"])
            self.pos = match.end()
            self.skip(_SPACE)
            if self.peek() != ".":
                return tuple(parts)
            self.pos += 1

    def note_all(self, base, key):
        for end in range(1, len(key) + 1):
            self.note(base + key[:end])

    def assignment(self, base):
        start = self.pos
        key = self.key()
        end, self.pos = self.pos, start
        self.note_all(base, key)
        self.pos = end + 1
        self.skip(_SPACE)
        self.value(base + key)

    def value(self, path):
        first = self.peek()
        if first == "[":
            self.sequence("]", lambda index: self.element(path + (index,)))
        elif first == "{":
            self.sequence("}", lambda index: self.assignment(path))
        elif first in "\"'":
            self.skip(_STRINGS)
        else:
            self.skip(_SCALAR)

    def element(self, path):
        self.note(path)
        self.value(path)

    def sequence(self, closing, item):
        """What stands between brackets: `item` is called at the start of each part."""
        self.pos += 1
        index = 0
        while True:
            self.skip(_BLANK)
            if self.peek() == closing:
                self.pos += 1
                return
            item(index)
            index += 1
            self.skip(_BLANK)
            if self.peek() == ",":
                self.pos += 1

    def header(self, counts):
        """[table] or [[array of tables]]; returns the path that the keys below it have."""
        is_array = self.text.startswith("[[", self.pos)
        start = self.pos
        self.pos += 2 if is_array else 1
        path = self.key()
        end, self.pos = self.pos, start
        if is_array:
            self.note_all((), path)
            counts[path] = counts.get(path, -1) + 1
            path += (counts[path],)
        self.note_all((), path)
        self.pos = end + (2 if is_array else 1)
        return path

    def scan(self):
        base, counts = (), {}
        self.skip(_BLANK)
        while self.pos < len(self.text):
            if self.peek() == "[":
                base = self.header(counts)
            else:
                self.assignment(base)
            self.skip(_BLANK)
        return self.lines


def key_lines(text):
    """Maps each key path of valid TOML, a tuple of names and array indices, to its line."""
    return _Scanner(text.replace("\r\n", "\n")).scan()


class TomlFile:
    """A parsed file: `data` as tomllib gives it, and `where(path)` for messages."""

    def __init__(self, data, places, name):
        self.data = data
        self.places = places
        self.name = name

    def where(self, path):
        """file:line of a key, or of the nearest table around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.places:
                name, line = self.places[path[:end]]
                return f"{name}:{line}"
        return self.name

    def error(self, path, what):
        """The exception to raise about the key at `path`."""
        key = ".".join(str(p) for p in path if not isinstance(p, int))
        return UserError(self.where(path), f"{key}: {what}" if key else what)

    def over(self, base):
        """This file's tables and values laid over those of `base` (`extends`)."""
        return TomlFile(_merged(base.data, self.data), _merged_places(base, self), self.name)


def _merged(base, top):
    if not isinstance(base, dict) or not isinstance(top, dict):
        return top
    merged = dict(base)
    for key, value in top.items():
        merged[key] = _merged(base[key], value) if key in base else value
    return merged


def _merged_places(base, top):
    places = dict(base.places)
    for path in top.places:
        # A list is replaced as a whole: what the base knew about its elements is void.
        for old in [p for p in places if p[:len(path)] == path and len(p) > len(path)
                    and isinstance(p[len(path)], int)]:
            del places[old]
    places.update(top.places)
    return places


def load(path, name=None):
    """Reads the file at `path`; `name` is what messages call it."""
    name = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise UserError(name, f"can't read it: {getattr(e, 'strerror', None) or e}") from e
    return parse(text, name)


def parse(text, name):
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise _syntax_error(text, name, str(e)) from e
    lines = key_lines(text)
    return TomlFile(data, {path: (name, line) for path, line in lines.items()}, name)


def _syntax_error(text, name, message):
    match = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line = int(match.group(1)) if match else text.count("\n") + 1
    what = re.sub(r"\s*\(at .*\)", "", message)
    what = what[:1].lower() + what[1:]
    return UserError(f"{name}:{line}", f"not valid TOML: {what}")
