"""Programs on the development machine that a guest talks to, and ports that lead to the guest."""

import functools
import http.server
import socket
import threading

# What the development machine is in QEMU's own network.
GATEWAY = "10.0.2.2"

# Seconds until something that doesn't answer is given up. It is never what decides.
LIMIT = 300


def free_ports(count):
    """Ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class Forwards:
    """net=user: with a port of this machine for each of the guest's."""

    def __init__(self, *guest_ports):
        self.ports = dict(zip(guest_ports, free_ports(len(guest_ports))))
        self.net = "user:" + ",".join(f"{host}-{guest}" for guest, host in self.ports.items())

    def connect(self, guest_port):
        """A connection to the guest."""
        sock = socket.create_connection(("127.0.0.1", self.ports[guest_port]), LIMIT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Nothing: the test's output is the guest's."""


class WebServer:
    """The files of a folder, over HTTP."""

    def __init__(self, folder):
        handler = functools.partial(_Handler, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return f"http://{GATEWAY}:{self._server.server_port}"

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Receiver:
    """Takes one connection, and all that comes on it."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LIMIT)
        self.port = self._listener.getsockname()[1]
        self._data = b""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        self._thread.join()

    def _run(self):
        with self._listener.accept()[0] as sock:
            sock.settimeout(LIMIT)
            self._data = receive_all(sock)

    def data(self):
        """What has come, once the other side has ended."""
        self._thread.join(LIMIT)
        return self._data


def receive_all(sock):
    """Up to the end."""
    pieces = []
    while piece := sock.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def receive(sock, length):
    """So many bytes."""
    data = b""
    while len(data) < length:
        piece = sock.recv(length - len(data))
        assert piece, f"the connection ended behind {len(data)} of {length} bytes"
        data += piece
    return data
