"""`scons trace`: what a guest dumps, and the timeline that is made of it."""

import re
import struct
from pathlib import Path

import pytest

from resea import idl_headers, messages, timeline, trace
from resea.errors import UserError

TOP = Path(__file__).resolve().parents[2]
HZ = 1_000_000  # so that a cycle is a microsecond


@pytest.fixture(scope="module")
def interfaces():
    return trace.interfaces([TOP])


@pytest.fixture(scope="module")
def types(interfaces):
    """C names of messages without _MSG, with their numbers on 64-bit machines."""
    return {payload["c_name"][:-len("_MSG")]: payload["type"]["64"]
            for interface in interfaces["interfaces"] for message in interface["messages"]
            for payload in (message["request"], message["reply"]) if payload}


class Recorder:
    """Writes a guest's log, an event a microsecond."""

    def __init__(self):
        self.lines = []

    def add(self, kind, src, dst, type_=0, data=b"", ool=0, delivered=True):
        number = len(self.lines)
        self.lines.append(f"trace event {number} {1000 + number} 0 {kind} {src} {dst} {type_} "
                          f"{ool} {int(delivered)} {data.hex()}.")

    def text(self):
        head = [f"trace clock {HZ} 64", "trace task 1 vm", "trace task 2 client",
                "trace task 3 server"]
        return "\r\n".join(["resea> trace dump", *head, *self.lines, "trace end", ""])


@pytest.fixture
def convert(interfaces):
    """(the slices, the other events) of what a Recorder has recorded."""
    def result(recorder):
        document = timeline.convert(trace.parse(recorder.text()), interfaces)
        entries = document["traceEvents"]
        slices = [entry for entry in entries if entry["ph"] == "X"]
        nest_properly(slices)
        arrows_touch_slices(entries, slices)
        return slices, [entry for entry in entries if entry["ph"] != "X"]
    return result


def nest_properly(slices):
    """A viewer shows slices of one thread only if each is inside another or beside it."""
    for a in slices:
        for b in slices:
            if a is not b and a["tid"] == b["tid"] and a["ts"] <= b["ts"] < a["ts"] + a["dur"]:
                assert b["ts"] + b["dur"] <= a["ts"] + a["dur"] + 0.002, (a, b)


def arrows_touch_slices(entries, slices):
    for arrow in entries:
        if arrow["ph"] in "stf":
            assert any(s["tid"] == arrow["tid"] and s["ts"] <= arrow["ts"] <= s["ts"] + s["dur"]
                       for s in slices), arrow


def find(entries, **wanted):
    """The only entry that has these values."""
    found = [entry for entry in entries
             if all(entry.get(key) == value for key, value in wanted.items())]
    assert len(found) == 1, (wanted, entries)
    return found[0]


def test_a_log_without_its_end_is_none():
    recorder = Recorder()
    assert trace.parse(recorder.text().replace("trace end", "")) is None
    assert trace.parse("") is None


def test_a_log_among_other_output():
    recorder = Recorder()
    recorder.add(timeline.NOTIFY, 0, 2, data=b"\1\0\0\0")
    log = trace.parse("trace dump\n[vm] trace\n" + recorder.text())
    assert log.hz == HZ and log.bits == 64 and log.tasks[3] == "server"
    assert log.events == [trace.Event(0, 1000, 0, 5, 0, 2, 0, 0, True, b"\1\0\0\0")]
    assert log.lost == 0


def test_a_call_and_its_reply(convert, types):
    recorder = Recorder()
    recorder.add(timeline.CALL, 2, 3, types["BENCHMARK_NOP"], struct.pack("<ii", 41, 0))
    recorder.add(timeline.REPLY, 3, 2, types["BENCHMARK_NOP_REPLY"], struct.pack("<ii", 42, 0))
    slices, rest = convert(recorder)
    call = find(slices, tid=2)
    assert (call["name"], call["ts"], call["dur"]) == ("benchmark.nop", 0, 1)
    assert call["args"]["fields"] == {"value": 41}
    assert call["args"]["reply"] == {"message": "benchmark.nop (reply)", "fields": {"value": 42}}
    assert call["args"]["from"] == "client" and call["args"]["to"] == "server"
    service = find(slices, tid=3)
    assert (service["name"], service["ts"], service["dur"]) == ("benchmark.nop", 0, 1)
    arrow = [(entry["ph"], entry["tid"]) for entry in rest if entry.get("cat") == "message"]
    assert arrow == [("s", 2), ("t", 3), ("t", 3), ("f", 2)]
    assert find(rest, ph="M", tid=3)["args"]["name"] == "server"


def test_a_call_that_waits_in_the_queue(convert, types):
    recorder = Recorder()
    recorder.add(timeline.CALL, 2, 3, types["BENCHMARK_NOP"], delivered=False)
    recorder.add(timeline.RECEIVE, 2, 3, types["BENCHMARK_NOP"])
    recorder.add(timeline.REPLY, 3, 2, types["BENCHMARK_NOP_REPLY"])
    slices, _ = convert(recorder)
    assert (find(slices, tid=2)["ts"], find(slices, tid=2)["dur"]) == (0, 2)
    assert (find(slices, tid=3)["ts"], find(slices, tid=3)["dur"]) == (1, 1)


def test_a_server_that_calls_another_one(convert, types):
    recorder = Recorder()
    recorder.add(timeline.CALL, 2, 3, types["BENCHMARK_NOP"])
    recorder.add(timeline.CALL, 3, 1, types["TASK_KILL"], struct.pack("<ii", 9, 0))
    recorder.add(timeline.REPLY, 1, 3, types["TASK_KILL_REPLY"])
    recorder.add(timeline.REPLY, 3, 2, types["BENCHMARK_NOP_REPLY"])
    slices, _ = convert(recorder)
    inner = find(slices, tid=3, name="task.kill")
    assert (inner["ts"], inner["dur"]) == (1, 1) and inner["args"]["fields"] == {"task": 9}
    outer = find(slices, tid=3, name="benchmark.nop")
    assert (outer["ts"], outer["dur"]) == (0, 3)


def test_replies_out_of_order(convert, types):
    """A server's slice ends when it takes the next call; the callers' go on."""
    recorder = Recorder()
    recorder.add(timeline.CALL, 2, 3, types["BENCHMARK_NOP"])
    recorder.add(timeline.CALL, 4, 3, types["BENCHMARK_NOP"])
    recorder.add(timeline.REPLY, 3, 2, types["BENCHMARK_NOP_REPLY"])
    recorder.add(timeline.REPLY, 3, 4, types["BENCHMARK_NOP_REPLY"])
    entries = timeline.convert(trace.parse(recorder.text()), trace.interfaces([TOP]))["traceEvents"]
    slices = [entry for entry in entries if entry["ph"] == "X"]
    nest_properly(slices)
    assert find(slices, tid=2)["dur"] == 2 and find(slices, tid=4)["dur"] == 2
    served = sorted((s["ts"], s["dur"], s["args"].get("answered")) for s in slices
                    if s["tid"] == 3)
    assert served == [(0, 1, "later"), (1, 2, None)]


def test_a_payload_is_told_by_its_length(convert, types):
    recorder = Recorder()
    recorder.add(timeline.CALL, 2, 1, types["TASK_LAUNCH"], bytes(24), ool=6)
    slices, _ = convert(recorder)
    assert find(slices, tid=2)["args"]["fields"]["name_and_cmdline"] == "6 bytes"
    assert find(slices, tid=2)["args"]["unfinished"]


def test_errors_have_names(convert, types):
    recorder = Recorder()
    recorder.add(timeline.CALL, 2, 3, types["BENCHMARK_NOP"])
    recorder.add(timeline.REPLY, 3, 2, -7)
    recorder.add(timeline.CALL, 2, 3, types["BENCHMARK_NOP"])
    recorder.add(timeline.ABORT, 2, 3, data=struct.pack("<i", -4))
    slices, _ = convert(recorder)
    first, second = [s for s in slices if s["tid"] == 2]
    assert first["args"]["reply"] == {"message": "ERR_NOT_FOUND"}
    assert second["args"]["error"] == "ERR_ABORTED"


def test_error_names_are_those_of_the_tree():
    text = (TOP / "libs/common/include/types.h").read_text(encoding="utf-8")
    for number, name in enumerate(messages.ERRORS, 1):
        assert any(line.split()[:3] == ["#define", name, f"(-{number})"]
                   for line in text.splitlines())


def test_a_page_fault_is_a_call_to_the_pager(convert):
    recorder = Recorder()
    recorder.add(timeline.FAULT, 2, 1, data=struct.pack("<QQ", 0x1000, 0x2000))
    recorder.add(timeline.RESUME, 1, 2, data=struct.pack("<I", 1))
    slices, _ = convert(recorder)
    assert find(slices, tid=2)["name"] == "page fault"
    assert find(slices, tid=2)["args"]["address"] == "0x1000"
    assert find(slices, tid=1)["name"] == "page fault"


def test_one_way_messages_and_notifications(convert, types):
    recorder = Recorder()
    recorder.add(timeline.SEND, 2, 3, types["ASYNC"], delivered=False)
    recorder.add(timeline.RECEIVE, 2, 3, types["ASYNC"])
    recorder.add(timeline.NOTIFY, 0, 3, data=struct.pack("<I", 0x30003))
    slices, rest = convert(recorder)
    assert (find(slices, tid=2)["name"], find(slices, tid=2)["dur"]) == ("async", 1)
    assert find(slices, tid=3)["name"] == "receive async"
    instant = find(rest, ph="i")
    assert instant["name"] == "notify TIMER|IRQ|0x30000" and instant["tid"] == 3


def test_tasks_come_and_go(convert, types):
    recorder = Recorder()
    recorder.add(timeline.CREATE, 1, 4, data=b"newcomer".ljust(24, b"\0"))
    recorder.add(timeline.CALL, 4, 3, types["BENCHMARK_NOP"])
    recorder.add(timeline.EXIT, 4, 1, data=struct.pack("<ii", 0, 3))
    recorder.add(timeline.DESTROY, 1, 4)
    slices, rest = convert(recorder)
    assert find(rest, ph="M", tid=4)["args"]["name"] == "newcomer"
    assert find(slices, tid=4)["args"]["unfinished"]
    names = [entry["name"] for entry in rest if entry["ph"] == "i"]
    assert names == ["creates newcomer", "exits with status 3", "destroys newcomer"]


def test_unknown_messages_have_numbers(convert):
    recorder = Recorder()
    recorder.add(timeline.CALL, 2, 3, 0x1ff << 9)
    slices, _ = convert(recorder)
    assert find(slices, tid=2)["name"] == f"message {0x1ff << 9:#x}"


def test_nothing_recorded(interfaces):
    document = timeline.convert(trace.parse(Recorder().text()), interfaces)
    assert [entry["ph"] for entry in document["traceEvents"]] == ["M"]


class Config:
    def __init__(self, **values):
        self.values = values

    def value(self, name):
        return self.values[name]


def test_what_a_guest_cannot_do_is_refused():
    able = Config(TRACE=True, SHELL_LINE_LEN=64)
    trace.check("hello; ps", able)
    for commands, config, text in [
            ("hello", Config(TRACE=False, SHELL_LINE_LEN=64), "without CONFIG_TRACE"),
            ('echo "x"', able, "double quotes"), ("x" * 64, able, "too long")]:
        with pytest.raises(UserError) as caught:
            trace.check(commands, config)
        assert text in str(caught.value)


def test_the_kinds_are_those_of_the_kernel():
    text = (TOP / "libs/common/include/kernel_abi.h").read_text(encoding="utf-8")
    for name in ("SEND", "CALL", "REPLY", "RECEIVE", "NOTIFY", "FAULT", "RESUME", "EXIT", "ABORT",
                 "CREATE", "DESTROY"):
        assert re.search(rf"\bTRACE_{name} += {getattr(timeline, name)},", text), name


def test_the_model_is_read_from_the_tree():
    assert idl_headers.Files([TOP]).model().interfaces
