"""Addresses, names and the time from servers that others have written: dnsmasq gives addresses, is
the router of IPv6 and knows the names, toybox has the time. And pings of all sizes, both ways."""

import hashlib
import random
import re
import time
from datetime import datetime, timezone

import pytest

from resea import qemu
from support import lab as network
from support.qmp import Qmp

pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy(60)]

FIRST, SECOND = network.GUESTS[:2]
# Made of QEMU's first MAC address.
GUEST6 = "fd09::5054:ff:fe12:3456"
# More than an answer without EDNS has room for.
MANY = [f"10.9.7.{number}" for number in range(1, 61)]
# Where nobody is.
SILENT, SILENT6 = "10.9.0.3", "fd09::3"
NAMES = ["--local=/test/", "--local-ttl=600", "--cname=alias.test,other.test",
         "--cname=other.test,host.test", f"--host-record=host.test,{network.HOST},{network.HOST6}",
         "--host-record=four.test,10.9.0.7", "--host-record=six.test,fd09::7",
         *(f"--host-record=many.test,{address}" for address in MANY)]
NETWORK = ["--enable-ra", "--dhcp-range=fd09::,ra-only,64,10m",
           f"--dhcp-option=option6:dns-server,[{SILENT6}]",
           f"--dhcp-option=option:ntp-server,{network.HOST}",
           "--dhcp-option=option:classless-static-route,"
           f"0.0.0.0/0,{network.HOST},10.77.0.0/16,{network.OTHER}"]
PORT = 9000


def dnsmasq(lab, address, *options):
    """A server that has this one address to give, and forgets whom it gave it to."""
    server = lab.start("dnsmasq", "dnsmasq", "--no-daemon", "--conf-file=/dev/null",
                       "--log-queries", "--no-resolv", "--no-hosts", "--bind-interfaces",
                       "--interface=host0", "--dhcp-authoritative", "--leasefile-ro",
                       f"--dhcp-range={address},{address},2m", "--dhcp-option=option:T1,30",
                       *options)
    server.expect("DHCP, IP range")
    return server


def until(guest, command, pattern):
    """Repeats a command until it prints what matches."""
    deadline = time.monotonic() + network.LIMIT
    while not re.search(pattern, guest.command(command), re.M):
        assert time.monotonic() < deadline, guest.text()


def counter(guest, name):
    return int(re.search(rf"^{re.escape(name)} +(\d+)", guest.command("netstat -s"), re.M)[1])


def relink(path):
    """Pulls the cable out, and puts it back."""
    with Qmp(path) as qmp:
        qmp.execute("set_link", name="net0", up=False)
        qmp.execute("set_link", name="net0", up=True)


def addresses(guest, *names):
    """What names stand for: {name: [addresses]}, or why not."""
    text = guest.command(f"nslookup {' '.join(names)}")
    return {name: re.findall(rf"^(?:nslookup: )?{re.escape(name)}: (.*)", text, re.M)
            for name in names}


def check_lease(guest, server):
    text = guest.command("ifconfig")
    assert re.search(rf"^    address {FIRST}/24, DHCP, for \d+ s", text, re.M), text
    routes = guest.command("netstat -r")
    assert re.search(rf"^0\.0\.0\.0/0 +{network.HOST} ", routes, re.M), routes
    assert re.search(rf"^10\.77\.0\.0/16 +{network.OTHER} ", routes, re.M), routes
    assert "DHCPACK(host0) 10.9.0.100 52:54:00:12:34:56 resea" in server.text()
    until(guest, "ifconfig", rf"^    address {GUEST6}/64, from a router")


def check_names(guest, server):
    """The name server that the router tells of doesn't answer, so that the second one is asked."""
    text = guest.command(f"nslookup {network.HOST}")
    assert re.findall("^name server: (.*)", text, re.M) == [SILENT6, network.HOST]
    found = addresses(guest, "host.test", "alias.test", "four.test", "six.test")
    assert sorted(found["host.test"]) == sorted(found["alias.test"]) == [network.HOST,
                                                                         network.HOST6]
    assert found["four.test"] == ["10.9.0.7"] and found["six.test"] == ["fd09::7"]
    found = addresses(guest, "missing.test", "many.test", "other.example")
    assert found["missing.test"] == ["no such host"]
    assert len(found["many.test"]) == 8 and set(found["many.test"]) <= set(MANY)
    # dnsmasq refuses what it knows nothing of, the other one says nothing.
    assert found["other.example"] == ["no answer came in time"]
    asked = server.text().lower().count("] host.test from")
    assert addresses(guest, "host.test") == {"host.test": [network.HOST, network.HOST6]}
    assert asked == server.text().lower().count("] host.test from") == 2


def check_time(guest):
    """The machine's own clock is a quarter of a century behind."""
    until(guest, "netstat -s", r"^ntp\.answers +[1-9]")
    said = datetime.strptime(guest.command("date").strip(), "%a %b %d %H:%M:%S UTC %Y")
    assert abs(datetime.now(timezone.utc).replace(tzinfo=None) - said).total_seconds() < 60


def ping(lab, *options, far=False):
    """Until there were three answers, however long they take."""
    lab.run("ping", "-c", 3, "-i", 0.2, "-w", network.LIMIT - 20, *options, far=far)


def check_pings(guest, lab):
    for host in (network.HOST, network.HOST6, network.FAR, network.FAR6):
        for size in (0, 1400, 1473, 16000):
            # The first one may be lost, and tell how long packets may be.
            guest.command(f"ping -c 1 -s {size} {host}")
            text = guest.command(f"ping -c 3 -i 10 -W 60000 -s {size} {host}")
            assert "3 sent, 3 received, 0% lost" in text
    assert counter(guest, "icmp.errors_in") >= 1
    reassembled = counter(guest, "ip.reassembled")
    for host in (FIRST, GUEST6):
        for size in (0, 1400, 1473, 16000):
            ping(lab, "-s", size, host)
        # The longest that is one frame.
        ping(lab, "-M", "do", "-s", 1500 - (28 if host == FIRST else 48), host)
    assert counter(guest, "ip.reassembled") >= reassembled + 12
    for host in (FIRST, GUEST6):
        ping(lab, "-s", 16000, host, far=True)


def check_far_transfers(guest, lab, folder):
    """To and from a host whose way takes shorter frames than the guest's."""
    content = random.Random(8).randbytes(600_000)
    (folder / "content").write_bytes(content)
    web = lab.start("web", "python3", "-u", "-m", "http.server", "-d", folder, PORT + 1, far=True)
    web.expect("Serving HTTP")
    for host in (network.FAR, network.FAR6):
        name = f"[{host}]" if ":" in host else host
        guest.command(f"http -o /content http://{name}:{PORT + 1}/content")
        taker = lab.start("taker", "sh", "-c", f"exec ncat -lv --recv-only {PORT} > {folder}/taken",
                          far=True)
        taker.expect("Listening on 0.0.0.0")
        guest.command(f"nc -f /content {host} {PORT}")
        taker.wait()
        assert hashlib.sha256((folder / "taken").read_bytes()).digest() \
            == hashlib.sha256(content).digest()


def check_cable(guest, lab, server, path):
    """The lease is confirmed; kept while no server answers; and given up when one refuses it."""
    requests = server.text().count("DHCPREQUEST(host0) 10.9.0.100")
    relink(path)
    server.expect("DHCPREQUEST(host0) 10.9.0.100", requests + 1)
    server.stop()
    relink(path)
    until(guest, f"ping -c 1 {network.HOST}", "1 received")
    assert f"address {FIRST}/24, DHCP" in guest.command("ifconfig")
    server = dnsmasq(lab, SECOND, f"--dhcp-option=option:dns-server,{SILENT}")
    relink(path)
    server.expect(f"DHCPACK(host0) {SECOND}")
    assert f"DHCPNAK(host0) {FIRST}" in server.text()
    until(guest, "ifconfig", rf"^    address {SECOND}/24, DHCP")
    assert f"address {FIRST}/" not in guest.command("ifconfig")
    assert "1 received" in guest.command(f"ping -c 1 -W 60000 {network.HOST}")
    assert addresses(guest, "new.test")["new.test"] == ["no answer came in time"]


def test_addresses_names_and_time(machines, lab, tmp_path):
    server = dnsmasq(lab, FIRST, *NETWORK, *NAMES,
                     f"--dhcp-option=option:dns-server,{network.HOST}")
    lab.start("sntp", "toybox", "sntp", "-S", network.HOST)
    guest = machines.boot("debug", net=lab.net, lab=lab, extra=(
        "-rtc", "base=2001-02-03T04:05:06", *Qmp.arguments(tmp_path / "qmp")))
    guest.prompt()
    guest.command("ifconfig -w 60")
    check_lease(guest, server)
    check_names(guest, server)
    check_time(guest)
    check_pings(guest, lab)
    check_far_transfers(guest, lab, tmp_path)
    # At the latest now it is time to renew.
    server.expect(f"DHCPACK(host0) {FIRST}", 2)
    check_cable(guest, lab, server, tmp_path / "qmp")
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
