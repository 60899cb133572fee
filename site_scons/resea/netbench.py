"""The network's figures of `scons bench`: the guest has a peer on this machine, behind QEMU's own
network."""

import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

from resea import httpclient, qemu
from resea.errors import UserError
from resea.qmp import Qmp

PROGRAM = "netbench"
METRICS = ("tcp.tx_per_mib", "tcp.rx_per_mib", "udp.echo", "http.keepalive", "http.close")
HTTP = 80
# This machine, as the guest sees it.
HOST = "10.0.2.2"

# The first byte of a connection says what the guest wants.
TAKE, GIVE = b"t", b"g"
# What asks the guest's web server: each byte that follows is a wish for so many requests, and is
# answered with a byte when they are answered. On one connection, or on one each.
ASK_STAYING, ASK_CLOSING = b"k", b"c"
ROW_STAYING, ROW_CLOSING = 500, 100
PIECE_LEN = 256 << 10
DATAGRAM = b"?" * 64


class Peer:
    """Takes and gives bytes by TCP, or asks the guest's web server, as a connection's first byte
    says; sends a datagram by UDP to whoever has sent one, and the next one when that has come
    back."""

    def __init__(self, qmp_path):
        self.qmp_path = qmp_path
        self.web_port = None
        # Requests a second, by the clock on the wall: {metric: of each row}.
        self.rates = {}
        self.problem = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", 0))
        self.threads = [threading.Thread(target=serve, daemon=True)
                        for serve in (self._accept, self._send_datagrams)]

    @property
    def addresses(self):
        """Of TCP and of UDP, as the guest reaches them."""
        return " ".join(f"{HOST}:{end.getsockname()[1]}" for end in (self.listener, self.datagrams))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        # Wakes whoever waits for something of theirs.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.datagrams.sendto(b"end", self.datagrams.getsockname())
        for thread in self.threads:
            thread.join()
        self.listener.close()
        self.datagrams.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._serve(connection)

    def _serve(self, connection):
        """Until the guest ends it."""
        try:
            wish = connection.recv(1)
            if wish == TAKE:
                take(connection)
            elif wish == GIVE:
                give(connection)
            elif wish in (ASK_STAYING, ASK_CLOSING):
                self._ask(connection, wish == ASK_STAYING)
        except OSError as error:
            # The guest hears of it: nothing more comes.
            self.problem = error

    def _ask(self, connection, stays):
        # QEMU runs: it has brought us the wish.
        self.web_port = self.web_port or httpclient.forward(self.qmp_path, HTTP)
        name, row = ("http.keepalive", ROW_STAYING) if stays else ("http.close", ROW_CLOSING)
        rates = self.rates.setdefault(name, [])
        with httpclient.Client(self.web_port) as client:
            while connection.recv(1):
                start = time.monotonic()
                for _ in range(row):
                    client.get(stays)
                rates.append(row / (time.monotonic() - start))
                connection.sendall(b".")

    def _send_datagrams(self):
        while True:
            _, address = self.datagrams.recvfrom(2048)
            if address == self.datagrams.getsockname():
                return
            self.datagrams.sendto(DATAGRAM, address)


def take(connection):
    buffer = bytearray(PIECE_LEN)
    while connection.recv_into(buffer) > 0:
        pass


def give(connection):
    """Until the guest has enough, which is no mistake."""
    data = bytes(PIECE_LEN)
    try:
        while True:
            connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def run(build, machine, log, limit):
    """One boot, whose output goes to `log`. The peer answers when it does, so that the clock must
    not run ahead of it; only the guest's work counts. Returns how many requests a second there
    were, {metric: number}."""
    with tempfile.TemporaryDirectory() as folder:
        qmp_path = Path(folder) / "qmp"
        with Peer(qmp_path) as peer:
            cmdline = f'run="ifconfig -w 60; {PROGRAM} {peer.addresses}"'
            setup = qemu.Setup(cpus=1, icount=True, icount_sleeps=True, net="user",
                               cmdline=cmdline, extra=Qmp.arguments(qmp_path))
            try:
                qemu.run_to_end(qemu.command(machine, setup, build.image), log, limit)
            except UserError:
                if peer.problem:
                    raise UserError(str(log), f"the peer has failed: {peer.problem}") from None
                raise
            return {name: round(statistics.median(rates)) for name, rates in peer.rates.items()}
