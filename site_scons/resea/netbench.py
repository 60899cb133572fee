"""The network's figures of `scons bench`: the guest has a peer on this machine, behind QEMU's own
network."""

import socket
import threading

from resea import qemu

PROGRAM = "netbench"
METRICS = ("tcp.tx_per_mib", "tcp.rx_per_mib", "udp.echo")
# This machine, as the guest sees it.
HOST = "10.0.2.2"

# The first byte of a connection says what the guest wants.
TAKE, GIVE = b"t", b"g"
PIECE_LEN = 256 << 10
DATAGRAM = b"?" * 64


class Peer:
    """Takes and gives bytes by TCP, as a connection's first byte says; sends a datagram by UDP to
    whoever has sent one, and the next one when that has come back."""

    def __init__(self):
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
                _serve(connection)

    def _send_datagrams(self):
        while True:
            _, address = self.datagrams.recvfrom(2048)
            if address == self.datagrams.getsockname():
                return
            self.datagrams.sendto(DATAGRAM, address)


def _serve(connection):
    """Until the guest ends it."""
    try:
        wish = connection.recv(1)
        if wish == TAKE:
            buffer = bytearray(PIECE_LEN)
            while connection.recv_into(buffer) > 0:
                pass
        elif wish == GIVE:
            data = bytes(PIECE_LEN)
            while True:
                connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def run(build, machine, log, limit):
    """One boot, whose output goes to `log`. The peer answers when it does, so that the clock must
    not run ahead of it; only the guest's work counts."""
    with Peer() as peer:
        cmdline = f'run="ifconfig -w 60; {PROGRAM} {peer.addresses}"'
        setup = qemu.Setup(cpus=1, icount=True, icount_sleeps=True, net="user", cmdline=cmdline)
        qemu.run_to_end(qemu.command(machine, setup, build.image), log, limit)
