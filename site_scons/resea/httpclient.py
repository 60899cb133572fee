"""An HTTP client that asks a guest for a small page again and again, as `scons bench` counts it."""

import re
import socket

from resea.qmp import Qmp

PATH = "/robots.txt"
# Bytes of its body.
BODY_LEN = 100
# Seconds until a guest that doesn't answer is given up. It is never what decides.
LIMIT = 120

_FORWARD = re.compile(r"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s")
_LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)


def forward(qmp_path, guest_port):
    """Lets a running QEMU, with a network of its own, take connections for a port of the guest's.
    Returns the port of this machine, which is one that was free."""
    with Qmp(qmp_path) as qmp:
        def tell(words):
            return qmp.execute("human-monitor-command", **{"command-line": words})
        problem = tell(f"hostfwd_add net0 tcp:127.0.0.1:0-:{guest_port}")
        found = _FORWARD.search(tell("info usernet"))
    if problem or not found:
        raise ConnectionError(f"QEMU takes no connections for the guest: {problem}")
    return int(found[1])


class Client:
    """Asks the web server behind a port of this machine."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()

    def _close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def get(self, stays):
        """One request, on the connection that there is or a new one, which `stays` or is closed by
        the server."""
        if not self.connection:
            self.connection = socket.create_connection(("127.0.0.1", self.port), LIMIT)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: guest\r\n".encode()
                                + (b"\r\n" if stays else b"Connection: close\r\n\r\n"))
        check(self._answer(ends=not stays))
        if not stays:
            self._close()

    def _answer(self, ends):
        """Up to the connection's end, or the body's."""
        data = b""
        while ends or not is_whole(data):
            piece = self.connection.recv(65536)
            if not piece:
                break
            data += piece
        return data


def is_whole(answer):
    """Whether there is a head, and all of the body that it tells of."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    return bool(end and length) and len(body) >= int(length[1])


def check(answer):
    """Nothing else than the page is counted."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 ") or len(body) != BODY_LEN:
        raise ConnectionError(f"{PATH} isn't what was answered: {answer[:200]}")
