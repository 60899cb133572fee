"""What steps look like on a terminal and elsewhere."""

import io

import pytest

from resea import output


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_colours_only_on_a_terminal(terminal):
    assert output.paint("CC", "CC", terminal) == "\x1b[32mCC\x1b[0m"
    assert output.paint("CC", "CC", io.StringIO()) == "CC"


@pytest.mark.parametrize("name, value", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(terminal, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert output.paint("CC", "CC", terminal) == "CC"


def test_step(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.step("CC", "kernel/ipc.c") == "  CC      kernel/ipc.c"


@pytest.mark.parametrize("num, text", [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"),
                                       (3 << 20, "3.0 MiB")])
def test_size(num, text):
    assert output.size(num) == text


def test_plural():
    assert (output.plural(1, "option"), output.plural(2, "option")) == ("1 option", "2 options")
