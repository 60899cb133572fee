"""What the corpora of the fuzzers of inputs begin with (resea/fuzzing.py)."""

import io
import random
import struct
import zlib

_SECTOR = 512
# A disk with a small GPT: its header, one sector of entries, and the copies of both at the end.
_GPT_SECTORS = 8
_GPT_ENTRIES = 4
_TYPE = bytes(range(16))


def paths():
    """A directory, a zero, and a path."""
    return [b"/a/b\0../c/./d//e/", b"/\0/virtio0p1/songs/a.wav", b"/" + b"long" * 60 + b"\0x",
            b"/a\0" + b"/.." * 20 + b"/" + b"y" * 255]


def _tarball(kind, files):
    import tarfile
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=kind) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000.5
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue().rstrip(b"\0") + bytes(2 * _SECTOR)


def tarballs():
    """A first byte that says to mend checksums, or not; then a tarball of any kind."""
    import tarfile
    files = {"dir/": b"", "dir/file.txt": b"contents", "d" * 90 + "/" + "n" * 90: b"x" * 600}
    kinds = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
    return [bytes([mend]) + _tarball(kind, files) for kind in kinds for mend in (0, 1)]


def _entry(kind, first, count):
    return struct.pack("<B3xB3xII", 0, kind, first, count)


def _boot_record(*entries):
    return bytes(446) + b"".join(entries).ljust(64, b"\0") + b"\x55\xaa"


def _mbr():
    """Two primary partitions, and two logical ones."""
    sectors = [bytes(_SECTOR)] * 12
    sectors[0] = _boot_record(_entry(0x0c, 1, 2), _entry(0x83, 3, 1), _entry(0x05, 4, 8))
    sectors[4] = _boot_record(_entry(0x83, 1, 2), _entry(0x05, 4, 4))
    sectors[8] = _boot_record(_entry(0x82, 1, 3))
    return b"".join(sectors)


def _gpt_header(mine, other, entries, checksum):
    def pack(own):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, own, 0, mine, other, 3,
                           _GPT_SECTORS - 3, bytes(16), entries, _GPT_ENTRIES, 128, checksum)
    return pack(zlib.crc32(pack(0))).ljust(_SECTOR, b"\0")


def _gpt():
    table = b"".join([
        struct.pack("<16s16sQQQ72s", _TYPE, _TYPE, 3, 4, 0, "EFI system".encode("utf-16-le")),
        struct.pack("<16s16sQQQ72s", _TYPE, _TYPE, 5, 5, 0, "data".encode("utf-16-le")),
    ]).ljust(_SECTOR, b"\0")
    checksum, last = zlib.crc32(table), _GPT_SECTORS - 1
    return b"".join([_boot_record(_entry(0xee, 1, last)), _gpt_header(1, last, 2, checksum), table,
                     bytes(_SECTOR * 3), table, _gpt_header(last, 1, last - 1, checksum)])


def partitions():
    """A first byte: bit 0 says to mend checksums, bit 1 that sectors are long; then a disk."""
    return [bytes([flags]) + disk for disk in (_mbr(), _gpt()) for flags in (0, 1)]


def scripts():
    """For what takes any bytes for a list of things to do: some that have no meaning."""
    return [random.Random(seed).randbytes(40 << seed) for seed in range(5)]


def conversations():
    """Scripts of libs/inet/tests/drive.c with what chance doesn't find: answers that fit together.
    Of each thing to do there is its number, then what it takes."""
    answer, stream, ipv6, later, user = 4, 5, 7, 9, 10
    nothing_more = [0, 0]
    minutes, link = [later, 255, 255] * 4, [user, 3, 0]

    def dhcp(kind):
        return [answer, kind, 0, 100, *nothing_more]
    offer, ack, nak = dhcp(2), dhcp(5), dhcp(6)
    lease = [0, 1, 0, later, 0, 0, *offer, *ack, later, 200, 2]
    resolve = [0, 0, 1, user, 0, 1, later, 1, 1]
    cut_off = [answer, 2, 0, 0, 0, *nothing_more]
    router = [ipv6, 0b1011, 1, 1, 200, 0xc0, 200, 200, 3, *nothing_more]
    scripts_of_bytes = [
        lease + minutes + ack + minutes * 3 + ack + minutes * 4 + offer,
        lease + link + nak + [later, 255, 20] + offer + nak,
        lease + link + minutes + link + [later, 255, 40] + ack + [later, 1, 1],
        resolve + [answer, 4, 0, 1, 0, 60, *nothing_more, user, 0, 1],
        resolve + cut_off + [stream, 255, 0, 29, 0, *nothing_more, later, 50, 1],
        [0, 0, 1, later, 255, 2, *router, later, 255, 2, *router] + minutes * 2,
    ]
    return scripts() + [bytes(script) for script in scripts_of_bytes]


def answers():
    """A URL, and what a web server says then."""
    found = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length:  18\r\n\r\nsome text\r\n\r\nmore\n"
    old = b"HTTP/1.0 404 Not Found\nContent-Length: 18446744073709551616\n\n"
    return [b"http://[fe80::1]:8080/a/b?c=d#e\0" + found, b"host:80?query\0" + old, b"10.0.2.2\0"]


def requests():
    """Where to cut, and a few requests behind each other."""
    get = (b"GET /a%20b/c.html?from=12 HTTP/1.1\r\nHost: x\r\nRange: bytes=1-5\r\n"
           b"If-None-Match: \"a\", *\r\n"
           b"If-Modified-Since: Sat, 28 Nov 2026 17:00:00 GMT\r\nIf-Range: \"a\"\r\n\r\n")
    chunked = (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
               b"Expect: 100-continue\r\n\r\n"
               b"5;x=y\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n")
    with_length = (b"PUT http://x/y HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n"
                   b"Content-Length: 3\r\n\r\nabc")
    old = b"HEAD /../x HTTP/1.0\r\n\r\n"
    return [bytes(range(8)) + text for text in (get + chunked, with_length + get, old, get * 3)]
