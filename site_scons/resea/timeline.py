"""Recorded messages as Chrome's trace JSON, which Perfetto and others open.

Every task is a thread. A call is a slice on its caller from the call to the reply, with a slice on
the server from the receipt to the reply inside it in time; arrows lead from one to the other and
back. Page faults are calls to the pager. Notifications, and the beginnings and ends of tasks, are
instants.
"""

import struct

from resea.messages import Decoder

# enum trace_kind of kernel_abi.h.
(SEND, CALL, REPLY, RECEIVE, NOTIFY, FAULT, RESUME, EXIT, ABORT, CREATE, DESTROY) = range(1, 12)

KERNEL = 0
PROCESS = 1

NOTIFICATIONS = ["TIMER", "IRQ", "ABORTED", "ASYNC", "CONSOLE"]


def convert(log, interfaces):
    """The document: {"traceEvents": […], …}. `interfaces` is what to_json makes."""
    return Timeline(log, interfaces).document()


class Slice:
    """Something that takes a while. `peer` is the other task; `flow` the number of its arrows;
    `waits`: until it has an answer, not just until the message is taken."""

    def __init__(self, event, name, peer, args, waits=False):
        self.start, self.name, self.peer, self.args = event.time, name, peer, args
        self.flow, self.waits = event.number, waits


class Timeline:
    """Goes through the events once, with what is open at each moment."""

    def __init__(self, log, interfaces):
        self.log = log
        self.decoder = Decoder(interfaces, log.bits)
        self.names = {KERNEL: "kernel", **log.tasks}
        self.out = []
        self.calls = {}    # by caller: the Slice until its answer, or until its message is taken
        self.faults = {}   # by task: the Slice until the pager answers
        self.serving = {}  # by server: the Slice from a call's receipt to the reply
        self.first = log.events[0].time if log.events else 0
        handlers = {SEND: self.send, CALL: self.call, REPLY: self.reply, RECEIVE: self.receive,
                    NOTIFY: self.notify, FAULT: self.fault, RESUME: self.resume,
                    EXIT: self.exit, ABORT: self.abort, CREATE: self.create,
                    DESTROY: self.destroy}
        for event in log.events:
            handlers[event.kind](event)
        self.finish()

    def document(self):
        names = [{"ph": "M", "name": "process_name", "pid": PROCESS, "args": {"name": "Resea"}}]
        threads = {entry["tid"] for entry in self.out}
        names += [{"ph": "M", "name": "thread_name", "pid": PROCESS, "tid": tid,
                   "args": {"name": self.name(tid)}} for tid in sorted(threads)]
        return {"traceEvents": names + self.out, "displayTimeUnit": "ns",
                "otherData": {"cycles_per_second": self.log.hz, "lost_events": self.log.lost}}

    # What goes into the document.

    def us(self, time):
        return round((time - self.first) * 1e6 / self.log.hz, 3)

    def name(self, tid):
        return self.names.get(tid, f"task {tid}")

    def add(self, phase, tid, time, name, **more):
        self.out.append({"ph": phase, "pid": PROCESS, "tid": tid, "ts": self.us(time),
                         "name": name, **more})

    def add_slice(self, tid, piece, end, **args):
        """A slice has a length: what takes no time at all can't be seen, nor have arrows."""
        duration = max(round((end - piece.start) * 1e6 / self.log.hz, 3), 0.001)
        self.add("X", tid, piece.start, piece.name, dur=duration, args={**piece.args, **args})

    def add_arrow(self, phase, tid, time, flow):
        """s, t, f: where an arrow begins, passes and ends."""
        more = {"bp": "e"} if phase == "f" else {}
        self.add(phase, tid, time, "message", cat="message", id=flow, **more)

    def instant(self, tid, event, name, **args):
        self.add("i", tid, event.time, name, s="t", args={**args, "cpu": event.cpu})

    # Opening and closing.

    def message_args(self, event):
        return {"from": self.name(event.src), "to": self.name(event.dst), "cpu": event.cpu,
                **self.decoder.describe(event.type, event.data, event.ool_len)}

    def begin_call(self, event, waits):
        """A task that makes its call again after a fault is still in the same one."""
        old = self.calls.get(event.src)
        name = self.decoder.name(event.type)
        if old and old.peer == event.dst and old.name == name:
            return old
        self.end_call(event.src, event.time, unfinished=True)
        piece = self.calls[event.src] = Slice(event, name, event.dst, self.message_args(event),
                                              waits)
        self.add_arrow("s", event.src, event.time, piece.flow)
        return piece

    def end_call(self, tid, time, **args):
        piece = self.calls.pop(tid, None)
        if piece:
            self.add_slice(tid, piece, time, **args)
        return piece

    def begin_service(self, event, piece):
        self.end_service(event.dst, event.time, answered="later")
        service = Slice(event, piece.name, event.src, piece.args)
        service.flow = piece.flow
        self.serving[event.dst] = service
        self.add_arrow("t", event.dst, event.time, piece.flow)

    def end_service(self, tid, time, **args):
        piece = self.serving.pop(tid, None)
        if piece:
            self.add_slice(tid, piece, time, **args)

    def answered(self, server, client, time):
        """The server's part of a call is over."""
        if server in self.serving and self.serving[server].peer == client:
            self.end_service(server, time)

    def deliver(self, event, piece):
        """`dst` has a message: the answer that it waits for, a call, or something else."""
        pending = self.calls.get(event.dst)
        if pending and pending.peer == event.src and pending.waits:
            answer = self.decoder.describe(event.type, event.data, event.ool_len)
            self.end_call(event.dst, event.time, reply=answer)
            self.add_arrow("f", event.dst, event.time, pending.flow)
        elif piece.waits:
            self.begin_service(event, piece)
        else:
            taken = Slice(event, f"receive {piece.name}", event.src, self.message_args(event))
            self.add_slice(event.dst, taken, event.time)
            self.add_arrow("f", event.dst, event.time, piece.flow)

    # The kinds of events.

    def send(self, event):
        piece = self.begin_call(event, waits=False)
        if event.delivered:
            self.end_call(event.src, event.time)
            self.deliver(event, piece)

    def call(self, event):
        piece = self.begin_call(event, waits=True)
        if event.delivered:
            self.deliver(event, piece)

    def reply(self, event):
        """A reply that isn't delivered at once is fetched by its receiver, since it is long."""
        self.answered(event.src, event.dst, event.time)
        pending = self.calls.get(event.dst)
        if pending and pending.peer == event.src:
            # It begins where the server was, which isn't where the arrow has passed.
            self.add_arrow("t", event.src, event.time, pending.flow)
        if event.delivered:
            self.deliver(event, self.unknown(event))

    def receive(self, event):
        piece = self.faults.get(event.src) or self.calls.get(event.src)
        if piece and not piece.waits:
            self.end_call(event.src, event.time)
        self.deliver(event, piece or self.unknown(event))

    def unknown(self, event):
        """A message whose sending wasn't recorded, or needs no slice."""
        return Slice(event, self.decoder.name(event.type), event.src, {})

    def notify(self, event):
        bits = struct.unpack_from("<I", event.data)[0]
        self.instant(event.dst, event, "notify " + notification_names(bits),
                     source=self.name(event.src), bits=f"{bits:#x}")

    def fault(self, event):
        vaddr, ip = struct.unpack_from("<QQ", event.data)
        args = {"address": f"{vaddr:#x}", "ip": f"{ip:#x}", "pager": self.name(event.dst),
                "cpu": event.cpu}
        piece = self.faults[event.src] = Slice(event, "page fault", event.dst, args, waits=True)
        self.add_arrow("s", event.src, event.time, piece.flow)
        if event.delivered:
            self.begin_service(event, piece)

    def resume(self, event):
        self.answered(event.src, event.dst, event.time)
        self.end_fault(event.dst, event.time)

    def end_fault(self, tid, time, **args):
        piece = self.faults.pop(tid, None)
        if piece:
            self.add_slice(tid, piece, time, **args)
            self.add_arrow("f", tid, time, piece.flow)

    def exit(self, event):
        exception, value = struct.unpack_from("<ii", event.data)
        self.end_all(event.src, event.time)
        what = f"exits with status {value}" if exception == 0 else f"stops: exception {exception}"
        self.instant(event.src, event, what, pager=self.name(event.dst))

    def abort(self, event):
        code = struct.unpack_from("<i", event.data)[0]
        self.end_call(event.src, event.time, error=self.decoder.error(code))

    def create(self, event):
        self.names[event.dst] = event.data.split(b"\0")[0].decode(errors="replace")
        self.instant(event.src, event, f"creates {self.name(event.dst)}", task=event.dst)

    def destroy(self, event):
        self.end_all(event.dst, event.time)
        self.instant(event.src, event, f"destroys {self.name(event.dst)}", task=event.dst)

    def end_all(self, tid, time):
        """The slices of a task that is no more, innermost first."""
        self.end_fault(tid, time, unfinished=True)
        self.end_call(tid, time, unfinished=True)
        self.end_service(tid, time, unfinished=True)

    def finish(self):
        for tid in {*self.calls, *self.faults, *self.serving}:
            self.end_all(tid, self.log.events[-1].time)


def notification_names(bits):
    """The NOTIFY_* bits in words; those from NOTIFY_USER_BASE on have none."""
    named = [name for bit, name in enumerate(NOTIFICATIONS) if bits >> bit & 1]
    rest = bits >> len(NOTIFICATIONS) << len(NOTIFICATIONS)
    return "|".join(named + ([f"{rest:#x}"] if rest else []))
