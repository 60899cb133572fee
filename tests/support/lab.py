"""A network of a test's own, with a guest and real programs on it.

    with Lab(folder) as lab:
        guest = machines.boot(net=lab.net, lab=lab)
        lab.run("ping", "-c", "1", GUEST)

It is in namespaces of its own: no other test meets it, it takes no port of this machine, and it
takes no root where anybody may make such namespaces. All that runs there ends with its first
process, and that one as soon as this process closes a pipe or ends, in whatever way: nothing is
left behind.

    tap0 ── br0 ── port0 ═ host0        the guest's card, a switch, this side's interface
                           far0 ═ far1  a network behind this side, whose frames are shorter

What `host0` sends leaves to the guest's card what cards do: checksums that are not there yet, and
segments that are too long. What the guest sends like that is completed by `port0`: what `host0`
receives is as it would be on a cable.
"""

import signal
import subprocess
import time

from support.guest import bounded

# Seconds until a program that doesn't end, or doesn't say what it is waited for, is given up.
LIMIT = 120

HOST, HOST6 = "10.9.0.1", "fd09::1"
# What a test's guest may have. A DHCP server gives the first one.
GUESTS = [f"10.9.0.{number}" for number in range(100, 110)]
PREFIX6 = "fd09::/64"
# A second address of this side, and a host behind it.
OTHER = "10.9.0.2"
FAR, FAR6 = "10.9.9.2", "fd09:9::2"
FAR_MTU = 1280

# The first process has its number from outside its namespace, as long as it sees that /proc.
_NAMESPACES = ("unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork",
               "--kill-child")
_FIRST = """
read -r pid rest < /proc/self/stat
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
ip tuntap add tap0 mode tap
echo "$pid"
exec cat
"""
_WIRING = f"""
ip link set lo up
ip link add br0 type bridge mcast_snooping 0
ip link add host0 type veth peer name port0
ip link add far0 mtu {FAR_MTU} type veth peer name far1
ip netns add far
ip link set far1 netns far mtu {FAR_MTU}
ethtool -K port0 tx off tso off gso off
for name in tap0 port0; do
    ip link set "$name" master br0
done
for name in br0 tap0 port0; do
    echo 1 > "/proc/sys/net/ipv6/conf/$name/disable_ipv6"
done
# Otherwise it would answer in place of host0: Linux does, for any address of the machine's.
echo 8 > /proc/sys/net/ipv4/conf/br0/arp_ignore
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
# Link-local addresses are used at once: as long as they are being probed, Linux would talk to the
# guest's from another one, to which a guest without a router knows no way.
for name in host0 far0; do
    echo 0 > "/proc/sys/net/ipv6/conf/$name/accept_dad"
done
ip address add {HOST}/24 dev host0
ip address add {OTHER}/24 dev host0
ip address add {HOST6}/64 dev host0 nodad
ip address add 10.9.9.1/24 dev far0
ip address add fd09:9::1/64 dev far0 nodad
for name in br0 tap0 port0 host0 far0; do
    ip link set "$name" up
done
nsenter --net=/run/netns/far sh -ec '
    ip address add {FAR}/24 dev far1
    ip address add {FAR6}/64 dev far1 nodad
    ip link set far1 up
    ip route add default via 10.9.9.1
    ip route add default via fd09:9::1
'
"""


class Unavailable(Exception):
    """This machine, or what it runs in, lets nobody make such a network. Says why."""


class Lab:
    """The network, from when it is made until close()."""

    net = "tap:tap0"

    def __init__(self, folder):
        self.folder = folder
        self._peers = []
        try:
            self._first = subprocess.Popen(
                [*_NAMESPACES, "sh", "-ec", _FIRST], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
        except FileNotFoundError as error:
            raise Unavailable(str(error)) from None
        self._pid = self._first.stdout.readline().strip()
        if not self._pid:
            reason = self._first.stderr.read().strip()
            self.close()
            raise Unavailable(f"no network of its own for this test: {reason}")
        self.run("sh", "-ec", _WIRING)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def enter(self, words, far=False):
        """A command line that runs another one in there, or as the far host. That ends if whoever
        started it ends it."""
        net = ["nsenter", "--net=/run/netns/far"] if far else []
        return ["nsenter", f"--target={self._pid}", "--user", "--net", "--mount", "--pid",
                "--preserve-credentials", "setpriv", "--pdeathsig", "TERM", *net,
                *map(str, words)]

    def run(self, *words, far=False, check=True, stdin=None):
        """Runs a program to its end. Returns what it has printed, errors included."""
        done = subprocess.run(self.enter(words, far), input=stdin or b"", check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
        text = done.stdout.decode("utf-8", "replace")
        assert not check or done.returncode == 0, f"{words}: status {done.returncode}\n{text}"
        return text

    def start(self, name, *words, far=False):
        """Starts a program that runs beside the test."""
        self._peers.append(Peer(name, self.enter(words, far), self.folder))
        return self._peers[-1]

    def close(self):
        """Ends all that is in there, and with it the network."""
        for peer in self._peers:
            peer.stop()
        self._first.communicate()


class Peer:
    """A program in there, whose output goes to a file."""

    def __init__(self, name, words, folder):
        self.name = name
        self._path = folder / f"{name}.log"
        with open(self._path, "wb") as log:
            self._process = subprocess.Popen(bounded(words), stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT)

    def text(self):
        """What it has printed so far."""
        return self._path.read_text(encoding="utf-8", errors="replace")

    def expect(self, text, times=1):
        """Waits until it has printed something so many times."""
        deadline = time.monotonic() + LIMIT
        while self.text().count(text) < times:
            assert self._process.poll() is None, f"{self.name} has ended:\n{self.text()}"
            assert time.monotonic() < deadline, f"{self.name} did not say {text!r}:\n{self.text()}"
            time.sleep(0.02)

    def wait(self):
        """Waits for its end. Returns what it has printed."""
        status = self._process.wait(LIMIT)
        assert status == 0, f"{self.name}: status {status}\n{self.text()}"
        return self.text()

    def stop(self, number=signal.SIGTERM):
        """Ends it, if it runs."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(LIMIT)
