"""How code blocks are found in the book."""

import pytest

from support import book

PAGE = """\
# A page

<!-- file: servers/x/main.c -->
```c
int x;

int y;
```

```c
only to be read
```

<!-- append: boards/x64/board.toml -->
```toml
[server.x]
```

<!-- run -->
```console
$ scons board=x64
  CC      main.c
```

<!-- guest -->
```console
resea> hello
Hello
resea> x
```
"""


def test_marked_blocks_are_found_in_order():
    found = book.blocks(PAGE)
    assert [(b.action, b.path, b.line) for b in found] == [
        ("file", "servers/x/main.c", 3), ("append", "boards/x64/board.toml", 14),
        ("run", "", 19), ("guest", "", 25)]
    assert found[0].text == "int x;\n\nint y;\n"


def test_commands_and_their_output():
    guest = book.blocks(PAGE)[3]
    assert guest.commands("resea> ") == [("hello", ["Hello"]), ("x", [])]


def test_files_are_written_and_added_to(tmp_path):
    for block in book.blocks(PAGE)[:2] * 2:
        book.apply(block, tmp_path)
    assert (tmp_path / "servers/x/main.c").read_text() == "int x;\n\nint y;\n"
    assert (tmp_path / "boards/x64/board.toml").read_text() == "[server.x]\n" * 2


def test_a_comment_without_a_block_is_told():
    with pytest.raises(AssertionError, match=r"lines \[1\]"):
        book.blocks("<!-- run -->\n\nno block\n")


def test_a_file_needs_a_path():
    with pytest.raises(AssertionError, match="line 1: file and a path"):
        book.blocks("<!-- file -->\n```\n```\n")
