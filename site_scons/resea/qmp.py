"""QMP, QEMU's other line: to ask and tell the emulator."""

import json
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
            line = self._stream.readline()
            if not line:
                raise ConnectionResetError(f"QEMU ended before it answered {command}")
            answer = json.loads(line)
            if "event" in answer:
                self.events.append(answer)
            else:
                assert "return" in answer, answer
                return answer["return"]

    def wait_for(self, name):
        """Waits until QEMU tells of an event; returns what it says about it."""
        while True:
            for event in self.events:
                if event["event"] == name:
                    return event.get("data")
            line = self._stream.readline()
            assert line, f"QEMU ended without {name}"
            self.events.append(json.loads(line))

    def shutdown_reason(self):
        """Waits for QEMU's end; returns why it ends."""
        return self.wait_for("SHUTDOWN")["reason"]
