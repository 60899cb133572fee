"""The network as people use it: an address from DHCP, the commands, programs that serve and are
served, behind an Intel card and QEMU's own network."""

import random
import re
import socket

import pytest

from resea import qemu
from support import hosts

pytestmark = pytest.mark.board("x64")

ECHO, DISCARD, CHARGEN, SIMPLE, HTTP = 7, 9, 19, 2007, 80
SEQUENTIAL, AT_ONCE, OUTWARDS = 10000, 256, 50
# Of chargen, with its end.
LINE_LEN = 74


def go_online(guest):
    """Waits for an address."""
    guest.prompt()
    text = guest.command("ifconfig -w 60 e1000-0")
    assert re.search(r"^e1000-0: up, MTU 1500, 1000 Mbit/s", text, re.M), text
    assert re.search(r"^    address 10\.0\.2\.15/24, DHCP, for \d+ s", text, re.M), text


def pattern(length):
    """RFC 864's characters."""
    lines = []
    for line in range(length // LINE_LEN + 2):
        lines.append("".join(chr(32 + (line % 95 + column) % 95) for column in range(72)) + "\r\n")
    return "".join(lines).encode()[:length]


def counts(guest):
    """What connections could leak. Each handle of a program's is a socket; what remains of
    connections in TIME-WAIT is nobody's."""
    buffers = int(re.search(r"(\d+) of \d+ packet buffers free", guest.command("netstat -m"))[1])
    sockets = len(re.findall(r"^tcp +(?!TIME_WAIT)\S", guest.command("netstat"), re.M))
    memory = int(re.search(r"^free +(\d+) KiB", guest.command("free"), re.M)[1])
    return {"buffers": buffers, "sockets": sockets, "free KiB": memory}


def test_commands_and_services(machines, tmp_path):
    """One boot: the guest asks, is asked, and its files go out and come back."""
    page = b"A page of this machine's.\n" * 3
    content = random.Random(6).randbytes(900_000)
    (tmp_path / "page.txt").write_bytes(page)
    (tmp_path / "content").write_bytes(content)
    forwards = hosts.Forwards(ECHO, DISCARD, CHARGEN, SIMPLE)
    guest = machines.boot("debug", net=forwards.net)
    go_online(guest)

    text = guest.command("ping -c 3 -i 10 10.0.2.2")
    assert "3 sent, 3 received, 0% lost" in text
    assert "10.0.2.2" in guest.command("netstat -n")
    assert re.search(r"^0\.0\.0\.0/0 +10\.0\.2\.2 ", guest.command("netstat -r"), re.M)
    assert "name server: 10.0.2.3" in guest.command("nslookup 10.0.2.2")

    with hosts.WebServer(tmp_path) as url:
        assert page.decode() in guest.command(f"http {url}/page.txt")
        assert "status 404" in guest.command(f"http {url}/missing")
        guest.command(f"http -o /content {url}/content")
        head = guest.command(f"http -I {url}/content")
        assert f"Content-Length: {len(content)}" in head
    with hosts.Receiver() as receiver:
        guest.command(f"nc -f /content {hosts.GATEWAY} {receiver.port}")
        assert receiver.data() == content
    with hosts.Receiver() as receiver:
        guest.command(f"nc {hosts.GATEWAY} {receiver.port} some words")
        assert receiver.data() == b"some words\n"
    refused = guest.command(f"nc {hosts.GATEWAY} {hosts.free_ports(1)[0]} x")
    assert "refused" in refused or "reset" in refused

    guest.send("nettest &\n")
    guest.expect(r"nettest: ports 7, 9, 19")
    guest.send("nettest simple &\n")
    guest.expect(r"nettest: port 2007")
    check_services(forwards)
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def check_services(forwards):
    data = random.Random(7).randbytes(300_000)
    for port in (ECHO, SIMPLE):
        with forwards.connect(port) as sock:
            for start in range(0, len(data), 30_000):
                sock.sendall(data[start:start + 30_000])
                assert hosts.receive(sock, 30_000) == data[start:start + 30_000]
            sock.shutdown(socket.SHUT_WR)
            assert hosts.receive_all(sock) == b""
    with forwards.connect(DISCARD) as sock:
        sock.sendall(data * 4)
        sock.shutdown(socket.SHUT_WR)
        assert hosts.receive_all(sock) == b""
    with forwards.connect(CHARGEN) as sock:
        assert hosts.receive(sock, 1_000_000) == pattern(1_000_000)


@pytest.mark.heavy(120)
def test_connections_leave_nothing_behind(machines, report):
    """Many, one after the other, and many at once: buffers, sockets and memory are counted."""
    forwards = hosts.Forwards(ECHO, HTTP)
    guest = machines.boot("release", net=forwards.net)
    go_online(guest)
    guest.send("nettest &\n")
    guest.expect(r"nettest: ports 7, 9, 19")
    # As many as there can be in TIME-WAIT, after which their number doesn't change.
    talk_to_all(guest, forwards, 2 * 520)
    before = counts(guest)
    talk_to_all(guest, forwards, SEQUENTIAL)
    after = counts(guest)
    report(f"{SEQUENTIAL} connections one by one, {AT_ONCE} at once, {OUTWARDS} outwards: "
           f"before {before}, after {after}")
    assert after["sockets"] == before["sockets"]
    assert after["buffers"] == before["buffers"]
    assert after["free KiB"] >= before["free KiB"] - 64
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def talk_to_all(guest, forwards, count):
    """So many connections, half of them with the web server, which is who closes them; many at
    once; and some that the guest makes."""
    talk_one_by_one(forwards, count // 2)
    fetch_one_by_one(forwards, count // 2)
    talk_at_once(forwards)
    for number in range(OUTWARDS):
        with hosts.Receiver() as receiver:
            guest.command(f"nc {hosts.GATEWAY} {receiver.port} {number}")
            assert receiver.data() == b"%d\n" % number


def talk_one_by_one(forwards, count):
    for number in range(count):
        with forwards.connect(ECHO) as sock:
            message = b"%08d" % number
            sock.sendall(message)
            sock.shutdown(socket.SHUT_WR)
            assert hosts.receive_all(sock) == message


def fetch_one_by_one(forwards, count):
    for _ in range(count):
        with forwards.connect(HTTP) as sock:
            sock.sendall(b"GET /api/uptime HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert hosts.receive_all(sock).startswith(b"HTTP/1.1 200 OK\r\n")


def talk_at_once(forwards):
    """Each is heard once before the next one is made, as QEMU's network has no queue for them; then
    all of them talk."""
    socks = []
    for number in range(AT_ONCE):
        socks.append(forwards.connect(ECHO))
        socks[-1].sendall(b"first")
        assert hosts.receive(socks[-1], 5) == b"first"
    for number, sock in enumerate(socks):
        sock.sendall(b"%08d" % number)
    for number, sock in enumerate(socks):
        assert hosts.receive(sock, 8) == b"%08d" % number
    for sock in socks:
        sock.shutdown(socket.SHUT_WR)
    for sock in socks:
        assert hosts.receive_all(sock) == b""
        sock.close()


def test_several_cards(machines, tmp_path):
    """Two of a kind and another one, each in a network of its own: the longest prefix chooses."""
    (tmp_path / "page.txt").write_bytes(b"as it should be\n")
    networks = {"e1000-1": ("e1000", "10.0.3"), "virtio-0": ("virtio-net-pci", "10.0.4")}
    extra = [word for number, (card, network) in enumerate(networks.values(), start=1)
             for word in ("-netdev", f"user,id=net{number},net={network}.0/24",
                          "-device", f"{card},romfile=,netdev=net{number}")]
    guest = machines.boot("debug", net="user", nic="e1000", extra=tuple(extra))
    go_online(guest)
    guest.send("e1000 &\n")
    with hosts.WebServer(tmp_path) as url:
        for name, (_, network) in networks.items():
            text = guest.command(f"ifconfig -w 60 {name}")
            assert f"address {network}.15/24, DHCP" in text, text
            routes = guest.command("netstat -r")
            assert re.search(rf"^{re.escape(network)}\.0/24 +- +{name}$", routes, re.M), routes
            before = received(guest)
            there = url.replace(hosts.GATEWAY, f"{network}.2")
            assert "as it should be" in guest.command(f"http {there}/page.txt")
            after = received(guest)
            assert [card for card in after if after[card] >= before[card] + 4] == [name]
            neighbours = guest.command("netstat -n")
            assert re.search(rf"^{re.escape(network)}\.2 .*{name}", neighbours, re.M), neighbours
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def received(guest):
    """Packets, by interface."""
    text = guest.command("ifconfig")
    found = re.findall(r"^([\w-]+): [\s\S]*?received (\d+) packets", text, re.M)
    return {name: int(count) for name, count in found}


def test_the_server_and_its_driver_come_back(machines, tmp_path):
    """Whoever ends of the two: soon there is a network again."""
    (tmp_path / "page.txt").write_bytes(b"still here\n")
    guest = machines.boot("release", net="user")
    go_online(guest)
    with hosts.WebServer(tmp_path) as url:
        for victim in ("e1000", "tcpip", "e1000"):
            task = re.search(rf"^ *(\d+) .*\b{victim}\b", guest.command("ps"), re.M)
            assert task, guest.text()
            guest.command(f"kill {task[1]}")
            guest.command("ifconfig -w 60")
            assert "still here" in guest.command(f"http {url}/page.txt"), victim
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
