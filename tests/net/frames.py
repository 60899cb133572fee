"""Frames for tests/net/servers/net_echo, and what a right IP packet is."""

import struct

ETHER_TYPE = 0x88b5
PEER = bytes.fromhex("020000000001")
ECHO, PIECES, CHECKSUM, SEGMENT, STATS, CHECKED = range(6)
STATS_FIELDS = ("features", "mtu", "attached", "received", "dropped")
TX_CHECKSUM, TX_SEGMENT4 = 1, 2
TCP, UDP = 6, 17
FIN_PSH_ACK, ACK = 0x19, 0x10
FRAME_MIN = 60


def command(mac, number, argument=0, data=b""):
    """A frame that tells net_echo what to do."""
    frame = mac + PEER + struct.pack("!HBB", ETHER_TYPE, number, argument) + data
    return frame.ljust(FRAME_MIN, b"\0")


def echo_of(frame):
    """What comes back."""
    return frame[6:12] + frame[:6] + frame[12:]


def stats_of(frame):
    assert frame[12:15] == struct.pack("!HB", ETHER_TYPE, STATS), frame.hex()
    return dict(zip(STATS_FIELDS, struct.unpack_from("!5I", frame, 16)))


def pattern(length):
    """The payload that net_echo makes up."""
    return bytes((i * 7 + i // 251) & 0xff for i in range(length))


def add(data, start=0):
    """The sum of 16-bit numbers, with carries at the other end (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = start + sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


class Packet:
    """An IP packet with TCP or UDP in it, in an Ethernet frame."""

    def __init__(self, version, protocol, payload, sequence=0xfffff000, ident=0xfffe):
        self.version = version
        self.protocol = protocol
        self.payload = payload
        self.ip_len = 20 if version == 4 else 40
        self.transport_len = 20 if protocol == TCP else 8
        self.checksum_offset = 16 if protocol == TCP else 6
        self.sequence = sequence
        self.ident = ident

    def pseudo_header(self, length):
        """The sum of it."""
        addresses = bytes(range(1, 9)) if self.version == 4 else bytes(range(1, 33))
        return add(addresses, self.protocol + length)

    def transport(self, checksum):
        if self.protocol == UDP:
            return struct.pack("!4H", 1000, 2000, 8 + len(self.payload), checksum)
        return struct.pack("!HHIIBBHHH", 1000, 2000, self.sequence, 7, 5 << 4, FIN_PSH_ACK, 9,
                           checksum, 0)

    def headers(self, checksum=None):
        """With the pseudo header's sum alone in place of the checksum, or with another one."""
        length = self.transport_len + len(self.payload)
        if checksum is None:
            checksum = self.pseudo_header(length)
        if self.version == 6:
            ip = struct.pack("!IHBB", 6 << 28, length, self.protocol, 64) + bytes(range(1, 33))
        else:
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, self.ident, 0, 64, self.protocol,
                             0) + bytes(range(1, 9))
            ip = ip[:10] + struct.pack("!H", 0xffff ^ add(ip)) + ip[12:]
        ether_type = b"\x08\x00" if self.version == 4 else b"\x86\xdd"
        return PEER + PEER + ether_type + ip + self.transport(checksum)

    def complete(self, mac, wrong=False):
        """The whole frame, with its checksum or a wrong one."""
        headers = self.headers(0)
        length = self.transport_len + len(self.payload)
        checksum = 0xffff ^ add(headers[14 + self.ip_len:] + self.payload,
                                self.pseudo_header(length))
        return mac + (self.headers(checksum ^ wrong) + self.payload)[6:]

    def arguments(self, mss=0):
        """What net_echo is told of it."""
        start = 14 + self.ip_len
        return struct.pack("!4HI", start, self.checksum_offset, mss, start + self.transport_len,
                           len(self.payload))


def check(frame, packet):
    """Whether a frame is right by itself; returns what its TCP or UDP header stands in front of."""
    ip = frame[14:]
    start = packet.ip_len
    transport = ip[start:]
    if packet.version == 4:
        assert add(ip[:20]) == 0xffff, "the IPv4 header's checksum"
        assert struct.unpack_from("!H", ip, 2)[0] == len(ip), "the IPv4 header's length"
    else:
        assert struct.unpack_from("!H", ip, 4)[0] == len(transport), "the IPv6 header's length"
    assert add(transport, packet.pseudo_header(len(transport))) == 0xffff, "the checksum"
    return transport[packet.transport_len:]


def check_parts(frames, packet, mss):
    """Whether frames are what a segment has to be cut into."""
    offset = 0
    for number, frame in enumerate(frames):
        payload = check(frame, packet)
        assert payload == packet.payload[offset:offset + mss]
        tcp = frame[14 + packet.ip_len:]
        assert struct.unpack_from("!I", tcp, 4)[0] == (packet.sequence + offset) & 0xffffffff
        if packet.version == 4:
            assert struct.unpack_from("!H", frame, 18)[0] == (packet.ident + number) & 0xffff
        offset += len(payload)
        assert tcp[13] == (FIN_PSH_ACK if offset == len(packet.payload) else ACK)
    assert offset == len(packet.payload)
