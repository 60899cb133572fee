"""A Linux network stack of its own for a guest to talk to: a namespace whose only device is a tap
interface, the other end of which is here.

    with Peer("10.9.0.1") as peer:
        os.write(peer.fileno(), frame)
        listener = peer.listen()
        sock = peer.connect(("10.9.0.2", 7))

It needs no rights where users may have namespaces of their own. The program at the end of this file
runs inside and hands out sockets; whoever has one of them uses it as any other.
"""

import array
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

LIMIT = 120
TUN = "/dev/net/tun"

# <linux/if_tun.h>, <linux/if.h>, <linux/sockios.h>, <linux/tcp.h>.
TUNSETIFF = 0x400454ca
IFF_TAP_NO_PI = 0x1002
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8914, 0x8916, 0x891c
IFF_UP = 1
# Of struct tcp_info.
TOTAL_RETRANS_AT, BYTES_ACKED_AT = 100, 120


class Peer:
    """The namespace, as long as it is needed."""

    def __init__(self, address):
        self.address = address
        ours, theirs = socket.socketpair()
        words = [*_enter(), sys.executable, __file__, str(theirs.fileno()), address]
        self._child = subprocess.Popen(words, pass_fds=[theirs.fileno()])
        theirs.close()
        self._channel = ours
        self._channel.settimeout(LIMIT)
        self._tap = self._receive_descriptor()
        os.set_blocking(self._tap, False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._tap)
        self._channel.close()
        self._child.wait(LIMIT)

    def fileno(self):
        """The cable's end: each read and write is a frame."""
        return self._tap

    def socket(self):
        """A TCP socket in there."""
        self._channel.sendall(b"s")
        sock = socket.socket(fileno=self._receive_descriptor())
        sock.settimeout(LIMIT)
        return sock

    def listen(self):
        """A listening socket, on a port that the kernel chooses."""
        sock = self.socket()
        sock.bind((self.address, 0))
        sock.listen()
        return sock

    def connect(self, address):
        sock = self.socket()
        sock.connect(address)
        return sock

    def _receive_descriptor(self):
        _, ancillary, _, _ = self._channel.recvmsg(1, socket.CMSG_SPACE(4))
        assert ancillary, "the program in the namespace has ended"
        return array.array("i", ancillary[0][2])[0]


def _enter():
    """What runs a program in a new network namespace."""
    words = [shutil.which("unshare") or "unshare", "--net"]
    return words if os.geteuid() == 0 else [*words, "--user", "--map-root-user"]


def why_impossible():
    """Why there can be no peer here; empty: there can."""
    if not os.access(TUN, os.R_OK | os.W_OK):
        return f"{TUN} can't be opened"
    done = subprocess.run([*_enter(), "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.stdout.strip() if done.returncode else ""


def retransmissions(sock):
    """How many segments a socket of the peer's has sent again."""
    return struct.unpack_from("=I", _info(sock), TOTAL_RETRANS_AT)[0]


def bytes_acked(sock):
    """How much the guest has acknowledged."""
    return struct.unpack_from("=Q", _info(sock), BYTES_ACKED_AT)[0]


def _info(sock):
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)


def _make_tap(address):
    tap = os.open(TUN, os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for request, word in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.0")):
            number = struct.pack("=H2x4s8x", socket.AF_INET, socket.inet_aton(word))
            fcntl.ioctl(sock, request, struct.pack("16s16s8x", b"tap0", number))
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH22x", b"tap0", IFF_UP))
    return tap


def _serve(channel, address):
    tap = _make_tap(address)
    _send_descriptor(channel, tap)
    os.close(tap)
    while channel.recv(1):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            _send_descriptor(channel, sock.fileno())


def _send_descriptor(channel, descriptor):
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
    channel.sendmsg([b"."], [rights])


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])
