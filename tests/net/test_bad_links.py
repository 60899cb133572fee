"""Connections with a Linux peer over a cable on which frames are lost, doubled, late or wrong, and
which comes to nothing whenever the driver ends."""

import hashlib
import os
import random
import re
import select
import socket
import struct
import threading
import time

import pytest

from resea import qemu
from support import hosts, peer
from support.relay import TO_GUEST, TO_PEER, Faults, Relay
from support.wire import Wire

pytestmark = [pytest.mark.board("x64"),
              pytest.mark.skipif(bool(peer.why_impossible()),
                                 reason=f"no Linux peer: {peer.why_impossible()}")]

# What the guest and its peer are called.
GUEST, PEER = "10.9.0.2", "10.9.0.1"
DIGEST, SOURCE = 2008, 2009
# Of each card.
DRIVERS = {"e1000": "e1000", "virtio": "virtio_net"}
DIGEST_LEN = hashlib.sha256().digest_size
MIB = 1 << 20
SIZE = 16 * MIB
# How many frames in a hundred are lost, and how many MiB go each way if not 16. What happens to the
# others at each rate is what Faults.at() says.
RATES = os.environ.get("RESEA_LOSS", "0 1 3 10:0.5")
SEED = int(os.environ.get("RESEA_SEED", "6"))
# Bytes a second of the cable on which the driver ends, and after how many bytes it does.
SLOW = 3 * MIB
BETWEEN_KILLS = MIB


class Lab:
    """A guest that serves, its peer, and the cable between them."""

    def __init__(self, machines, wire, linux, relay, nic="e1000"):
        self.linux, self.relay, self.nic = linux, relay, nic
        self.driver = DRIVERS[nic]
        self.guest = machines.boot("release", net=wire.net, nic=nic, cpus=1)
        self.guest.prompt()
        self.go_online()

    def go_online(self):
        """With an address by hand, as nobody gives any; as soon as the driver is there."""
        while "no such" in self.guest.command(f"ifconfig {self.nic}-0 {GUEST}/24 {PEER}"):
            pass
        assert f"{GUEST}/24" in self.guest.command("ifconfig -w 60")

    def serve(self):
        self.guest.send("nettest &\n")
        self.guest.expect(rf"nettest: ports .*{DIGEST}, {SOURCE}")
        self.guest.command("")

    def task_of(self, name):
        return re.search(rf"^ *(\d+) {name} ", self.guest.command("ps"), re.M)[1]

    def counters(self):
        """What netstat counts, by name."""
        found = re.findall(r"^([\w.]+) +(\d+)$", self.guest.command("netstat -s"), re.M)
        return {name: int(value) for name, value in found}

    def power_off(self):
        self.guest.send("poweroff\n")
        assert self.guest.wait() == qemu.EXIT_SUCCESS


@pytest.fixture
def cable():
    with Wire() as wire, peer.Peer(PEER) as linux, Relay(wire, linux, SEED) as relay:
        yield wire, linux, relay


def send_to_guest(lab, size):
    """The peer sends; both ends' digests. Returns how often it sent something again."""
    data = random.Random(size).randbytes(size)
    with lab.linux.connect((GUEST, DIGEST)) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        assert hosts.receive_all(sock) == hashlib.sha256(data).digest()
        return peer.retransmissions(sock)


def send_to_peer(lab, size):
    """The guest sends."""
    with lab.linux.connect((GUEST, SOURCE)) as sock:
        sock.sendall(struct.pack("!2I", size, size))
        data = hosts.receive_all(sock)
        assert len(data) == size + DIGEST_LEN
        assert hashlib.sha256(data[:size]).digest() == data[size:]


def transfer(lab, rate, size):
    """Both ways, one after the other, at a rate. Returns a line for the table."""
    lab.relay.faults = Faults.at(rate)
    begun, before = time.monotonic(), lab.counters()
    resent = send_to_guest(lab, size)
    between = time.monotonic()
    send_to_peer(lab, size)
    ended = time.monotonic()
    lab.relay.faults = Faults()
    after = lab.counters()
    changes = {name: after[name] - before[name] for name in after if name.startswith("tcp.")}
    names = ("retransmits", "recoveries", "undone", "timeouts", "out_of_order", "bad_checksum")
    return changes, (
        f"loss {rate:.1%}, {size / MIB:g} MiB each way: {between - begun:.1f} s to the guest, "
        f"{ended - between:.1f} s to the peer; the peer sent {resent} again; the guest: "
        + ", ".join(f"{changes['tcp.' + name]} {name}" for name in names))


@pytest.mark.heavy(120)
def test_bad_links(machines, cable, report):
    """What arrives is what was sent, at every rate."""
    wire, linux, relay = cable
    lab = Lab(machines, wire, linux, relay)
    lab.serve()
    report(f"bad links: seed {SEED}")
    for word in RATES.split():
        percent, _, mib = word.partition(":")
        rate = float(percent) / 100
        changes, line = transfer(lab, rate, int(float(mib) * MIB) if mib else SIZE)
        report(line)
        if rate >= 0.01:
            # Otherwise the relay doesn't do what it is there for.
            assert changes["tcp.bad_checksum"] > 0 and changes["tcp.retransmits"] > 0
            assert changes["tcp.out_of_order"] > 0
    for side in (TO_GUEST, TO_PEER):
        report(f"bad links, {side}: {dict(relay.counts[side])}")
    lab.power_off()


def send(sock, data):
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


@pytest.mark.heavy(60)
@pytest.mark.parametrize("nic", DRIVERS)
def test_the_driver_ends_while_data_comes(machines, cable, report, nic):
    """It is killed again and again during one download, which is whole in the end."""
    wire, linux, relay = cable
    relay.faults = Faults(bytes_per_second=SLOW)
    lab = Lab(machines, wire, linux, relay, nic)
    lab.serve()
    data = random.Random(nic).randbytes(SIZE)
    kills = 0
    with lab.linux.connect((GUEST, DIGEST)) as sock:
        sender = threading.Thread(target=send, args=(sock, data), daemon=True)
        sender.start()
        for edge in range(BETWEEN_KILLS // 2, SIZE, BETWEEN_KILLS):
            while peer.bytes_acked(sock) < edge:
                lab.guest.listen(0.01)
            before = peer.bytes_acked(sock)
            lab.guest.command(f"kill {lab.task_of(lab.driver)}")
            kills += before < SIZE
        sender.join()
        assert hosts.receive_all(sock) == hashlib.sha256(data).digest()
        resent = peer.retransmissions(sock)
    assert kills == SIZE // BETWEEN_KILLS
    report(f"{lab.driver} killed {kills} times in {SIZE // MIB} MiB; "
           f"the peer sent {resent} segments again")
    lab.power_off()


def test_the_server_ends_while_data_comes(machines, cable):
    """Its connections end with an error at both ends; then everything works again."""
    wire, linux, relay = cable
    lab = Lab(machines, wire, linux, relay)
    with linux.listen() as listener:
        lab.guest.send(f"nc -o /received {PEER} {listener.getsockname()[1]} hello &\n")
        sock = listener.accept()[0]
        with sock:
            assert hosts.receive(sock, 6) == b"hello\n"
            sock.sendall(b"some bytes")
            lab.guest.send(f"kill {lab.task_of('tcpip')}\n")
            lab.guest.expect(r"nc: receive: .*\n")
            lab.go_online()
            # The new server doesn't know the connection, and says so.
            sock.sendall(b"more")
            poll = select.poll()
            poll.register(sock, 0)
            assert poll.poll(peer.LIMIT * 1000)[0][1] & select.POLLERR
    lab.serve()
    send_to_guest(lab, MIB)
    send_to_peer(lab, MIB)
    lab.power_off()
