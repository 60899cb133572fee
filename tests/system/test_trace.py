"""`scons trace`: the timeline of a shell command, on every board that can record."""

import json
import re

import pytest

from resea import qemu
from support import builds


def slices(document, name):
    return [entry for entry in document["traceEvents"]
            if entry["ph"] == "X" and entry["name"] == name]


@pytest.mark.needs("mmu")
@pytest.mark.programs("hello")
def test_a_timeline_has_the_calls_with_their_replies(machines):
    board = machines.board.name
    folder = builds.build(board, "debug")
    done = builds.scons(f"board={board}", "commands=hello", "trace")
    assert done.returncode == 0 and "trace.json" in done.stdout, done.stdout
    document = json.loads((folder / "trace.json").read_text(encoding="utf-8"))
    threads = {entry["args"]["name"]: entry["tid"] for entry in document["traceEvents"]
               if entry["name"] == "thread_name"}
    assert {"vm", "shell", "hello"} <= set(threads)
    # Both may begin and end at the same time: a call is served at once.
    server, client = sorted(slices(document, "task.launch"), key=lambda s: "reply" in s["args"])
    assert client["tid"] == threads["shell"] and server["tid"] == threads["vm"]
    assert client["args"]["reply"]["fields"] == {"task": threads["hello"]}
    assert server["ts"] + server["dur"] <= client["ts"] + client["dur"] + 0.002
    assert all(entry["args"].get("unfinished") is None for entry in slices(document, "task.watch"))
    instants = [(entry["tid"], entry["name"]) for entry in document["traceEvents"]
                if entry["ph"] == "i"]
    assert (threads["vm"], "creates hello") in instants
    assert (threads["hello"], "exits with status 0") in instants
    assert (threads["shell"], "notify ASYNC") in instants


@pytest.mark.needs("mmu")
@pytest.mark.programs("hello")
def test_the_shell_shows_what_was_recorded(machines):
    guest = machines.boot("debug")
    guest.prompt()
    assert "say start, stop, show or dump" in guest.command("trace begin")
    guest.command("trace start")
    guest.command("hello")
    shown = guest.command("trace show")
    for line in (r"shell +call +~? +\d+ vm +task.launch, \d+ bytes",
                 r"vm +reply +\d+ shell +task.launch \(reply\), 8 bytes",
                 r"vm +create +\d+ \S+ +hello", r"exit +~? +\d+ vm +exited",
                 "0 older events are lost"):
        assert re.search(line, shown), (line, shown)
    # Nothing is recorded any more. (A task that has ended since has lost its name: a driver whose
    # device is empty may just be leaving.)
    guest.command("hello")
    times = re.findall(r"^ *(\d+\.\d{3}) ", shown, re.MULTILINE)
    assert times and re.findall(r"^ *(\d+\.\d{3}) ", guest.command("trace show"),
                                re.MULTILINE) == times
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
