"""The network card of a machine in QEMU, and what its cable leads to: net= and nic=."""

import re

from resea.errors import hint
from resea.options import error

NETWORKS = "user[:PORT-PORT,...]|tap:IF|socket:DIR|none"
NETWORK_HELP = ("user (PORT-PORT: a port of this machine and the guest's behind it), tap:IF (IF: a "
                "network interface), socket:DIR (DIR: a folder) or none")

# By nic=: QEMU's device. No boot ROM on a PC's card: it would only slow the start down.
CARDS = {
    "e1000": "e1000,romfile=",
    "e1000-82544gc": "e1000-82544gc,romfile=",
    "e1000-82545em": "e1000-82545em,romfile=",
    "e1000e": "e1000e,romfile=",
    "virtio": "virtio-net-pci,romfile=",
    "virtio-legacy": "virtio-net-pci,romfile=,disable-modern=on",
    "virtio-modern": "virtio-net-pci,romfile=,disable-legacy=on",
}

# What net= is if nobody says anything: a card where the machine has a place for one.
DEFAULT = "default"

_FORWARD = re.compile(r"(?:(tcp|udp):)?(\d+)-(\d+)")
# Of a port that the host chooses, nobody would know.
_PORT_MAX = 65535


def forwards(value):
    """The ports of net=user:…, as (protocol, host's, guest's); None if there is a mistake."""
    found = []
    for part in value.split(","):
        match = _FORWARD.fullmatch(part)
        if not match or not all(1 <= int(port) <= _PORT_MAX for port in match.groups()[1:]):
            return None
        found.append((match[1] or "tcp", int(match[2]), int(match[3])))
    return found


def is_valid(value):
    kind, colon, rest = value.partition(":")
    if kind in ("none", "user", DEFAULT) and not colon:
        return True
    if kind == "user":
        return forwards(rest) is not None
    return kind in ("tap", "socket") and bool(rest)


def check_net(value):
    """net=user|tap:IF|socket:DIR|none."""
    if not is_valid(value):
        raise error("net", value, f"expects {NETWORK_HELP}")
    return value


def check_nic(value):
    """nic=CARD|none."""
    if value is not None and value not in CARDS and value != "none":
        raise error("nic", value, "unknown network card" + hint(value, [*CARDS, "none"]))
    return value


def escape(value):
    """QEMU reads a comma as the end of an option; a doubled one stands for itself."""
    return value.replace(",", ",,")


def backend(net):
    """What is at the other end, for -netdev."""
    kind, _, rest = net.partition(":")
    if kind == "tap":
        return f"tap,id=net0,ifname={rest},script=no,downscript=no"
    if kind == "socket":
        ends = (f"{end}.type=unix,{end}.path={escape(rest)}/{name}"
                for end, name in (("local", "guest"), ("remote", "peer")))
        return "dgram,id=net0," + ",".join(ends)
    # Whoever isn't on this machine has no business there.
    words = ["user,id=net0"] + [f"hostfwd={protocol}:127.0.0.1:{host}-:{guest}"
                                for protocol, host, guest in (forwards(rest) if rest else ())]
    return ",".join(words)


def card(machine, nic):
    """QEMU's device."""
    if nic is None:
        return machine.network
    if machine.fixed:
        raise error("nic", nic, "the board's network card can't be chosen")
    return CARDS[nic]


def arguments(machine, net, nic=None):
    """One network card, or none."""
    if net == DEFAULT:
        net = "user" if machine.network else "none"
    if "none" in (net, nic):
        return []
    if not machine.network:
        raise error("net", net, "QEMU's model of this board has no network")
    return ["-netdev", backend(net), "-device", f"{card(machine, nic)},netdev=net0"]
