"""Lines of TOML keys, and merging of boards."""

import pytest

from resea import tomlfile
from resea.errors import UserError

TEXT = '''\
# A comment = with [brackets].
[board]
arch = "x64"  # why
[run.qemu]
args = [
  "a", # ],
  "]",
  [1, 2],
]
[server."odd name"]
options = { dhcp = true, deep = { x = 1 } }
a.b = """
c = 1
"""
after = 2024-01-01
[[item]]
n = 1
[[item]]
n = 2
'''


@pytest.mark.parametrize("path, line", [
    (("board",), 2),
    (("board", "arch"), 3),
    (("run",), 4),
    (("run", "qemu", "args"), 5),
    (("run", "qemu", "args", 0), 6),
    (("run", "qemu", "args", 1), 7),
    (("run", "qemu", "args", 2, 1), 8),
    (("server", "odd name"), 10),
    (("server", "odd name", "options", "deep", "x"), 11),
    (("server", "odd name", "a", "b"), 12),
    (("server", "odd name", "after"), 15),
    (("item", 0, "n"), 17),
    (("item", 1, "n"), 19),
])
def test_line_of_key(path, line):
    assert tomlfile.key_lines(TEXT)[path] == line


def test_every_key_has_a_line():
    def paths(data, path=()):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            yield path + (key,)
            if isinstance(value, (dict, list)):
                yield from paths(value, path + (key,))

    assert set(paths(tomlfile.tomllib.loads(TEXT))) == set(tomlfile.key_lines(TEXT))


def test_windows_line_ends():
    assert tomlfile.key_lines("[a]\r\nb = 1\r\nc = 2\r\n")[("a", "c")] == 3


def test_unknown_path_is_its_nearest_table():
    file = tomlfile.parse("[a]\n[a.b]\n", "f.toml")
    assert file.where(("a", "b", "missing")) == "f.toml:2"
    assert file.where(("nowhere",)) == "f.toml"


@pytest.mark.parametrize("text, message", [
    ("a = 1\nb = \n", "f.toml:2: not valid TOML: invalid value"),
    ("[a]\n[a]\n", "f.toml:2: not valid TOML: cannot declare ('a',) twice"),
    ("a = [1,\n", "f.toml:2: not valid TOML: invalid value"),
])
def test_syntax_errors(text, message):
    with pytest.raises(UserError) as e:
        tomlfile.parse(text, "f.toml")
    assert str(e.value) == message


def test_missing_file(tmp_path):
    with pytest.raises(UserError) as e:
        tomlfile.load(tmp_path / "x.toml", "x.toml")
    assert str(e.value) == "x.toml: can't read it: No such file or directory"


def test_extended_file_keeps_where_things_stand():
    base = tomlfile.parse("[a]\nx = 1\ny = [1, 2]\n[b]\nz = 3\n", "base.toml")
    top = tomlfile.parse("[a]\ny = [9]\n[c]\n", "top.toml")
    merged = top.over(base)
    assert merged.data == {"a": {"x": 1, "y": [9]}, "b": {"z": 3}, "c": {}}
    assert merged.where(("a", "x")) == "base.toml:2"
    assert merged.where(("a", "y", 0)) == "top.toml:2"
    assert merged.where(("a", "y", 1)) == "top.toml:2"
    assert merged.where(("b", "z")) == "base.toml:5"
