"""Writing cards: what is said, and what is refused."""

import errno
import io
import os

import pytest

from resea import blockdev, cardwriter
from resea.errors import UserError

MIB = 1 << 20


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def progress(stream, steps):
    """Shows steps, ten seconds apart; what came out."""
    times = iter(range(0, 1000, 10))
    shown = cardwriter.Progress("writing", 100 * MIB, stream, lambda: next(times))
    for done in steps:
        shown.show(done * MIB)
    return stream.getvalue()


def test_a_bar_on_a_terminal():
    text = progress(Terminal(), [50, 100])
    first, last = text.strip("\r\n").split("\r")
    assert first == ("writing   [###############               ]  50%, 50.0 MiB, 5.0 MiB/s, "
                     "10 s left  ")
    assert last == ("writing   [##############################] 100%, 100.0 MiB, 5.0 MiB/s, "
                    "took 20 s  ")
    assert text.endswith("\n") and text.count("\n") == 1


def test_lines_elsewhere():
    lines = progress(io.StringIO(), [1, 5, 12, 13, 20, 99, 100]).splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "writing 12%", "writing 20%", "writing 99%", "writing 100%"]
    assert "\r" not in "".join(lines)


@pytest.mark.parametrize("seconds, text", [(0.2, "0 s"), (59.4, "59 s"), (65, "1:05 min"),
                                           (3600, "60:00 min")])
def test_durations(seconds, text):
    assert cardwriter.duration(seconds) == text


def test_a_difference_is_told_with_its_place():
    with pytest.raises(UserError, match="differs from the image at offset 0x400002: "
                                        "0x63 was written, 0x78 is read"):
        cardwriter._compare(b"abcd", b"abxd", 4 * MIB)
    with pytest.raises(UserError, match="at offset 0x2: 0x63 was written, nothing is read"):
        cardwriter._compare(b"abcd", b"ab", 0)


def disk(**values):
    return blockdev.Disk(**{"path": "/dev/sdb", "kind": "disk", "size": 64 * MIB, "removable": True,
                            **values})


def test_force_takes_what_is_doubtful_only():
    mounted = disk(mounts=["/media/x"])
    with pytest.raises(UserError, match=r"^device=/dev/sdb: refused: it is mounted \(/media/x\); "
                       "force=1 overwrites it all the same, after unmounting it$"):
        cardwriter.check(mounted, MIB, False)
    cardwriter.check(mounted, MIB, True)
    with pytest.raises(UserError, match="not removable.*; force=1 overwrites it all the same$"):
        cardwriter.check(disk(removable=False), MIB, False)
    cardwriter.check(disk(removable=False), MIB, True)
    for bad in (disk(mounts=["/"]), disk(size=1), disk(read_only=True), disk(kind="part"),
                disk(kind="rom"), disk(kind="crypt")):
        with pytest.raises(UserError) as e:
            cardwriter.check(bad, MIB, True)
        assert "force=1" not in str(e.value)


@pytest.mark.parametrize("number, text", [
    (errno.EACCES, "you may not write to it; this makes it yours until it is taken out: "
                   "sudo chown $USER /dev/sdb"),
    (errno.EBUSY, "another program, a file system or a RAID uses it; end that first"),
    (errno.ENXIO, "can't be opened: No such device or address")])
def test_why_a_device_can_not_be_opened(number, text):
    assert cardwriter.open_advice(OSError(number, os.strerror(number)), disk()) == text


def test_another_disk_under_the_same_name_is_not_opened():
    """/dev/null is no disk, but a device: what matters is that its number isn't the expected."""
    with pytest.raises(UserError, match="it is another disk now"):
        cardwriter.open_device(disk(path="/dev/null", number="8:16"))
    os.close(cardwriter.open_device(disk(path="/dev/null", number="1:3")))
