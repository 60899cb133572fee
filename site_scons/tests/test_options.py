"""The command line."""

import pytest

from resea import commands, options
from resea.commands import Command, Option
from resea.errors import UserError, hint, unknown

COMMANDS = {
    "run": Command("run", "boots", ("image",), (Option("gui", "0|1", "a window"),
                                                Option("net", "user|tap:IF", "network"),
                                                Option("minutes", "N", "time")), None, "x64",
                   "debug"),
    "test": Command("test", "tests", (), (), None, "x64", "debug"),
}


def parse(**arguments):
    return options.parse(arguments, COMMANDS)


def test_defaults():
    parsed = parse()
    assert (parsed.board, parsed.mode) == (None, "debug")
    assert (parsed.verbose, parsed.external) == (False, [])


def test_everything(tmp_path):
    (tmp_path / "servers").mkdir()
    parsed = parse(board="b", build="release", verbose="1", external=str(tmp_path), cpus="2",
                   CONFIG_X="y", gui="1", net="tap:t0", minutes="3")
    assert (parsed.board, parsed.mode, parsed.verbose, parsed.cpus) == ("b", "release", True, 2)
    assert parsed.external == [tmp_path]
    assert parsed.config == {"X": "y"}
    assert parsed.flag("gui") and parsed.get("net") == "tap:t0"
    assert parsed.number("minutes") == 3 and parsed.number("other", 7) == 7


@pytest.mark.parametrize("arguments, message", [
    ({"bord": "x"}, "unknown option 'bord'; did you mean 'board'?"),
    ({"GUI": "1"}, "unknown option 'GUI'; did you mean 'gui'?"),
    ({"build": "relase"}, "build=relase: unknown value; did you mean 'release'?"),
    ({"verbose": "yes"}, "verbose=yes: unknown value; valid: 0, 1"),
    ({"gui": "2"}, "gui=2: unknown value; valid: 0, 1"),
    ({"cpus": "0"}, "cpus=0: expects a number from 1 to 16"),
    ({"cpus": "two"}, "cpus=two: expects a number from 1 to 16"),
    ({"external": "/nonexistent"}, "external=/nonexistent: there is no folder /nonexistent"),
    ({"external": "/proc"}, "external=/proc: has none of the folders boards, servers, libs and "
                            "idl"),
])
def test_mistakes(arguments, message):
    with pytest.raises(UserError) as e:
        parse(**arguments)
    assert str(e.value) == "command line: " + message


def test_number_option_mistake():
    with pytest.raises(UserError) as e:
        parse(minutes="x").number("minutes", low=1, high=9)
    assert str(e.value) == "command line: minutes=x: expects a number from 1 to 9"


def test_unknown_command():
    with pytest.raises(UserError) as e:
        options.check_targets(["run", "tets"], COMMANDS)
    assert str(e.value) == "command line: unknown command 'tets'; did you mean 'test'?"


def test_help_names_everything():
    text = options.help_text(COMMANDS, ["x64", "toy"])
    for word in ("board=BOARD", "build=debug|release", "Boards: x64, toy", "run", "gui=0|1",
                 "boots", "tests"):
        assert word in text


def test_real_commands_are_documented():
    for name, entry in commands.load().items():
        assert entry.help and entry.function, name
        assert all(need in commands.NEEDS for need in entry.needs_with(parse()))


def test_hints():
    assert hint("abd", ["abc", "xyz"]) == "; did you mean 'abc'?"
    assert hint("qqq", ["abc", "xyz"]) == "; valid: abc, xyz"
    assert hint("q", []) == "; there are none"
    assert hint("zz", [f"name{i}" for i in range(20)]).startswith("; did you mean 'name")
    assert unknown("dog", "rex", ["rex1"]) == "unknown dog 'rex'; did you mean 'rex1'?"
