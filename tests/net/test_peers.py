"""A guest among programs that others have written: clients that want much of it at once, and
scanners and attackers that want to know what it can't stand. The network is the test's own."""

import hashlib
import random
import re
import signal
import time
from pathlib import Path

import pytest

from resea import qemu
from support import lab as network
from support import native

pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy(60)]

GUEST, MAC = network.GUESTS[0], "52:54:00:12:34:56"
# Of its link; host0's as well is made of a MAC address.
GUEST6 = "fe80::5054:ff:fe12:3456"
# With the name of the interface, and the features that each of them has on a TAP device.
CARDS = [("e1000", "e1000", "tx-checksum tx-segment4"),
         ("virtio-modern", "virtio", "tx-checksum tx-segment4 tx-segment6 rx-checksum"),
         ("virtio-legacy", "virtio", "tx-checksum tx-segment4 tx-segment6 rx-checksum")]
REQUESTS, AT_ONCE = 1000, 256
PORTS, DISCARD = 2100, 9
OPEN = {7, 9, 19, 80, 2008, 2009}
POISON, CAPTURE = (Path(__file__).with_name(name) for name in ("poison.py", "capture.py"))


class Machine:
    """A guest with an address of its own, two pages, one of 900 KB, and all services there are."""

    def __init__(self, machines, lab, mode, card):
        self.lab = lab
        self.guest = machines.boot(mode, net=lab.net, nic=card, lab=lab)
        self.guest.prompt()
        self.content = random.Random(10).randbytes(900_000)
        (lab.folder / "large.bin").write_bytes(self.content)
        self.go_online()
        self.get_page()
        self.guest.send("nettest &\n")
        self.guest.expect(r"nettest: ports 7, 9, 19")

    def go_online(self):
        """Without a server, so that nothing but the test decides what is on the link."""
        name = until(self.guest, "ifconfig", r"^(\S+-0): up")[1]
        self.guest.command(f"ifconfig {name} {GUEST}/24 {network.HOST}")
        self.features = until(self.guest, "ifconfig", rf"^    MAC {MAC}(.*)")[1]

    def get_page(self):
        web = self.lab.start("web", "python3", "-u", "-m", "http.server", "-d", self.lab.folder,
                             8000)
        web.expect("Serving HTTP")
        self.guest.command("umount /www")
        self.guest.command("mkdir -p /www")
        self.guest.command(f"http -o /www/large.bin http://{network.HOST}:8000/large.bin")
        web.stop()
        self.guest.command("write /www/small.txt " + "x" * 40)

    def check_download(self, host=GUEST):
        """The page is what it was."""
        target = self.lab.folder / "downloaded"
        self.lab.run("curl", "-sSg", "--max-time", network.LIMIT, "-o", target,
                     f"http://{host}/large.bin")
        assert hashlib.sha256(target.read_bytes()).digest() \
            == hashlib.sha256(self.content).digest()

    def listening(self):
        """TCP's ports that are open, as the guest says."""
        text = self.guest.command("netstat")
        return {int(port) for port in re.findall(r"^tcp +LISTEN .*? \*:(\d+) ", text, re.M)}

    def counters(self):
        text = self.guest.command("netstat -s")
        return {name: int(value) for name, value in re.findall(r"^(\S+\.\S+) +(\d+)", text, re.M)}

    def power_off(self):
        assert "ended: restart" not in self.guest.text()
        self.guest.send("poweroff\n")
        assert self.guest.wait() == qemu.EXIT_SUCCESS


def until(guest, command, pattern):
    """Repeats a command until it prints what matches; returns the match."""
    deadline = time.monotonic() + network.LIMIT
    while True:
        found = re.search(pattern, guest.command(command), re.M)
        if found:
            return found
        assert time.monotonic() < deadline, guest.text()


def check_requests(machine, *options):
    """Many at once, none of which fails. Returns how many there were per second."""
    text = machine.lab.run("ab", "-q", "-n", REQUESTS, "-c", AT_ONCE, "-s", network.LIMIT, *options,
                           f"http://{GUEST}/small.txt")
    assert re.search(rf"^Complete requests: +{REQUESTS}$", text, re.M), text
    assert re.search(r"^Failed requests: +0$", text, re.M), text
    assert "Non-2xx" not in text, text
    return float(re.search(r"^Requests per second: +([\d.]+)", text, re.M)[1])


def check_iperf(machine):
    """Both ways."""
    machine.guest.send("iperf -s -n 1 &\n")
    machine.guest.expect(r"iperf: listening on port 5001")
    machine.lab.run("iperf", "-c", GUEST, "-n", "4M")
    assert int(machine.guest.expect(r"(\d+) bytes in \d+ ms")[1]) >= 4 << 20
    sink = machine.lab.start("iperf", "iperf", "-s", "-P", 1)
    sink.expect("Server listening")
    text = machine.guest.command(f"iperf -c {network.HOST} -t 1")
    assert int(re.search(r"(\d+) bytes in \d+ ms", text)[1]) > 0
    assert re.search(r"0\.0+-.* sec .*its/sec", sink.wait())


def check_capture(path):
    """No frame of the guest's is wrong in tcpdump's eyes, which checks all sums. Returns how many
    there were."""
    text = native.run("tcpdump", "-nvvr", path, "ether", "src", MAC)
    wrong = [line for line in text.splitlines()
             if re.search(r"incorrect|\bbad |\[\||truncated|malformed|wrong|invalid", line)]
    assert not wrong, wrong[:10]
    frames = len(re.findall(r"^\d\d:\d\d:\d\d", text, re.M))
    assert "cksum" in text and frames > 1000
    return frames


def check_segments(machine, card):
    """A virtio card takes and gives segments that are longer than a frame, which the host cuts and
    puts together; in QEMU's e1000 there are none."""
    lab, path = machine.lab, machine.lab.folder / "tap"
    capture = lab.start("capture", "python3", CAPTURE, "tap0", path)
    capture.expect("capturing")
    machine.check_download()
    lab.run("sh", "-c", f"head -c 2000000 /dev/zero | ncat --send-only {GUEST} {DISCARD}")
    capture.stop()
    for direction in ("src", "dst"):
        text = native.run("tcpdump", "-nr", path, "ether", direction, MAC, "and", "greater", 2000)
        assert bool(re.search(r"^\d\d:", text, re.M)) == card.startswith("virtio"), text


@pytest.mark.parametrize("card, name, features", CARDS, ids=[card[0] for card in CARDS])
def test_load(machines, lab, report, card, name, features):
    machine = Machine(machines, lab, "release", card)
    assert f"\n{name}-0: up" in machine.guest.text()
    assert set(features.split()) <= set(machine.features.split())
    check_segments(machine, card)
    path = lab.folder / "capture"
    capture = lab.start("capture", "python3", CAPTURE, "host0", path)
    capture.expect("capturing")
    machine.check_download()
    machine.check_download(f"[{GUEST6}%25host0]")
    check_iperf(machine)
    kept = check_requests(machine, "-k")
    closed = check_requests(machine)
    for host in (GUEST, f"{GUEST6}%host0"):
        lab.run("ping", "-c", 3, "-i", 0.2, "-w", network.LIMIT - 20, "-s", 5000, host)
    capture.stop()
    frames = check_capture(path)
    report(f"{card}: {kept:.0f} requests per second of {AT_ONCE} clients at once, {closed:.0f} "
           f"with a connection each; no mistake in {frames} frames of the guest's")
    assert machine.counters()["tcp.bad_checksum"] == 0
    machine.power_off()


def nmap(lab, *options):
    """A scan; returns {port: state} of the ports it names, and all it said."""
    # However busy this machine is, an answer isn't taken for lost too soon.
    text = lab.run("nmap", "-n", "-Pn", "--send-ip", "--min-rtt-timeout", "2s", "--max-retries", 3,
                   *options, GUEST)
    assert "1 IP address (1 host up) scanned" in text, text
    ports = re.findall(r"^(\d+)/\w+ +(\S+)", text, re.M)
    return {int(port): state for port, state in ports}, text


def check_scans(machine, report):
    """Open ports are those that the guest says; all others are closed."""
    listening = machine.listening()
    assert listening == OPEN
    for options in (["-sS"], ["-sT"], ["-sS", "-f"]):
        found, text = nmap(machine.lab, *options, "-p", f"1-{PORTS}")
        assert found == dict.fromkeys(listening, "open"), text
        assert f"Not shown: {PORTS - len(listening)} closed tcp ports" in text
    # An open port says nothing to these, a closed one refuses (RFC 9293, 3.10.7).
    for options in ("-sN", "-sF", "-sX"):
        found, text = nmap(machine.lab, options, "-p", "1-100")
        assert found == dict.fromkeys((7, 9, 19, 80), "open|filtered"), text
    found, text = nmap(machine.lab, "-sA", "-p", "1-100")
    assert "100 unfiltered tcp ports" in text, text
    found, text = nmap(machine.lab, "-sU", "-p", "7,9,53,123,161")
    assert found == {7: "open", 9: "closed", 53: "closed", 123: "closed", 161: "closed"}, text
    nmap(machine.lab, "-sO", "--max-retries", 0)
    found, text = nmap(machine.lab, "-O", "-v", "-p", "7,81")
    assert found == {7: "open", 81: "closed"}, text
    difficulty = int(re.search(r"TCP Sequence Prediction: Difficulty=(\d+)", text)[1])
    report(f"nmap: difficulty {difficulty} of guessing a sequence number")
    # What nmap calls the best, and what is beyond.
    assert difficulty >= 200


def check_odd_packets(machine):
    """What nobody in their right mind sends."""
    lab = machine.lab
    for options in (["-S", "-F", "-P", "-A", "-U", "-X", "-Y"], ["-S", "-R"], ["-S", "-F"], [],
                    # To itself, from itself.
                    ["-S", "-a", GUEST, "-s", "80", "-k"], ["-S", "-a", "127.0.0.1"],
                    ["-S", "-a", "255.255.255.255"], ["-S", "-a", "10.9.0.255"],
                    # Wrong sums and lengths, and pieces of which some never come.
                    ["-S", "-b"], ["-S", "-O", "3"], ["-S", "-O", "15"], ["-S", "-f", "-d", "600"],
                    ["-S", "-x", "-d", "100"], ["-S", "-x", "-g", "65528", "-d", "100"],
                    ["-A", "-L", "0", "-M", "1"], ["-2", "-d", "1400", "-f"], ["-2", "-b"],
                    ["-1", "-C", "5", "-K", "1"], ["-1", "-C", "13"], ["-1", "-d", "65000"],
                    ["-0", "-H", "200", "-d", "50"]):
        lab.run("hping3", "-c", 30, "-i", "u200", "-q", *options, "-p", 80, GUEST, check=False)
    assert machine.listening() == OPEN
    machine.check_download()


def check_poison(machine):
    """Nobody is believed who says that the host is somewhere else."""
    lab = machine.lab
    text = lab.run("ip", "address", "show", "dev", "host0")
    mac = re.search(r"link/ether (\S+)", text)[1]
    host6 = re.search(r"inet6 (fe80::\S+)/64", text)[1]
    lab.run("ping", "-c", 1, f"{GUEST6}%host0")
    before = machine.counters()
    lab.run("python3", POISON, "host0", MAC, GUEST, network.HOST, GUEST6, host6)
    assert "3 received" in machine.guest.command(f"ping -c 3 -i 10 -W 60000 {network.HOST}")
    neighbours = machine.guest.command("netstat -n")
    found = dict(re.findall(r"^(\S+) +(\S+)  (?:reachable|stale)", neighbours, re.M))
    assert found[network.HOST] == found[host6] == mac, neighbours
    assert "02:00:00:00:00:66" not in neighbours
    assert "10.9.0.66" not in machine.guest.command("netstat -r")
    after = machine.counters()
    assert after["arp.conflicts"] > before["arp.conflicts"]
    machine.check_download()


def check_flood(machine, report):
    """Downloads go on and new connections are made while SYNs come from everywhere."""
    lab = machine.lab
    before = machine.counters()
    flood = lab.start("hping3", "hping3", "-S", "-q", "-i", "u300", "--rand-source", "-p", 80,
                      GUEST)
    # It has begun to matter.
    until(machine.guest, "netstat -s", r"^tcp\.cookies_sent +[1-9]\d\d")
    started = time.monotonic()
    for _ in range(3):
        machine.check_download()
    for _ in range(20):
        lab.run("curl", "-sSf", "--max-time", network.LIMIT, "-o", "/dev/null",
                f"http://{GUEST}/small.txt")
    seconds = time.monotonic() - started
    flood.stop(signal.SIGINT)
    after = machine.counters()
    cookies = after["tcp.cookies_sent"] - before["tcp.cookies_sent"]
    taken = after["tcp.cookies_taken"] - before["tcp.cookies_taken"]
    report(f"flood: {cookies} SYNs answered by cookies while 23 connections, {taken} of them by "
           f"cookies, took 2.7 MB in {seconds:.1f} s")
    assert machine.listening() == OPEN


def test_attacks(machines, lab, report):
    machine = Machine(machines, lab, "debug", "virtio-modern")
    check_scans(machine, report)
    check_odd_packets(machine)
    check_poison(machine)
    check_flood(machine, report)
    machine.power_off()
