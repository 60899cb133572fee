"""Writes an image onto a card, and reads it back.

    python3 -m resea.cardwriter [--yes] [--force] IMAGE DEVICE

`scons flash` runs it as a program of its own: Ctrl-C must reach it, and SCons keeps that to itself.

The first block, which has the partition table, is cleared at the beginning and written at the end.
So a card whose writing was cut short is no card that half works, whatever was on it before.
"""

import errno
import mmap
import os
import select
import signal
import subprocess
import sys
import time

from resea import blockdev, output
from resea.errors import UserError

# Bytes. Each block is on the card before the next one follows: the progress that is shown is the
# card's, not that of the machine's memory.
BLOCK = 4 << 20
EXIT_FAILED, EXIT_REFUSED, EXIT_INTERRUPTED = 1, 2, 130

_BAR = 30
# Without a terminal: a line each so many percent.
_STEP = 10


class Interrupted(Exception):
    """Ctrl-C, or a request to end."""


class Progress:
    """How far it is: a bar on a terminal, a few lines elsewhere."""

    def __init__(self, word, total, stream=None, clock=time.monotonic):
        self.word, self.total, self.clock = word, total, clock
        self.stream = stream or sys.stdout
        self.started, self.told = clock(), 0

    def show(self, done):
        """`done` bytes are through."""
        percent = 100 * done // self.total
        if self.stream.isatty():
            bar = "#" * (_BAR * done // self.total)
            self._print(f"\r{self.word:<9} [{bar:<{_BAR}}] {self._figures(percent, done)}  ")
            if done == self.total:
                self._print("\n")
        elif percent >= self.told + _STEP or done == self.total:
            self.told = percent - percent % _STEP
            self._print(f"{self.word} {self._figures(percent, done).strip()}\n")

    def _figures(self, percent, done):
        seconds = max(self.clock() - self.started, 1e-3)
        left = seconds / done * (self.total - done) if done else 0
        text = f"{percent:3}%, {output.size(done)}, {output.size(int(done / seconds))}/s"
        return text + (f", {duration(left)} left" if done < self.total else
                       f", took {duration(seconds)}")

    def _print(self, text):
        self.stream.write(text)
        self.stream.flush()


def duration(seconds):
    """1:05 min, 12 s."""
    whole = int(seconds + 0.5)
    return f"{whole // 60}:{whole % 60:02} min" if whole >= 60 else f"{whole} s"


def write(image, fd, size, progress):
    """Writes `size` bytes of the file `image`."""
    os.pwrite(fd, bytes(min(BLOCK, size)), 0)
    os.fsync(fd)
    blocks = [*range(BLOCK, size, BLOCK), 0]
    done = 0
    for offset in blocks:
        data = read_exactly(image, offset, min(BLOCK, size - offset))
        _write_block(fd, offset, data)
        done += len(data)
        progress.show(done)


def _write_block(fd, offset, data):
    try:
        sent = 0
        while sent < len(data):
            sent += os.pwrite(fd, data[sent:], offset + sent)
        os.fsync(fd)
    except OSError as e:
        raise UserError("", f"writing at {offset:#x} failed: {e.strerror}. The card is not usable; "
                        "try another one, or another reader") from e


def read_exactly(file, offset, length):
    """A piece of the image."""
    file.seek(offset)
    return file.read(length)


def verify(image, path, size, progress):
    """Compares the card with the image; past the machine's memory, where the system allows it."""
    reader = Reader(path)
    try:
        for offset in range(0, size, BLOCK):
            length = min(BLOCK, size - offset)
            _compare(read_exactly(image, offset, length), reader.read(offset, length), offset)
            progress.show(offset + length)
    finally:
        reader.close()


def _compare(expected, found, offset):
    if expected == found:
        return
    at = next((i for i, (a, b) in enumerate(zip(expected, found)) if a != b),
              min(len(expected), len(found)))
    got = f"0x{found[at]:02x}" if at < len(found) else "nothing"
    raise UserError("", f"the card differs from the image at offset {offset + at:#x}: "
                    f"0x{expected[at]:02x} was written, {got} is read. The card is worn out, "
                    "or smaller than it pretends to be; don't use it")


class Reader:
    """Reads a card, not what memory holds of it."""

    def __init__(self, path):
        self.buffer = mmap.mmap(-1, BLOCK)  # direct reads want page boundaries
        try:
            self.fd = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECT", 0))
        except OSError as e:
            if e.errno != errno.EINVAL:  # a file system that can't
                raise
            self.fd = os.open(path, os.O_RDONLY)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def read(self, offset, length):
        """`length` bytes, or less at the end."""
        got = 0
        while got < length:
            count = self._read_some(offset + got, memoryview(self.buffer)[got:length])
            if count == 0:
                break
            got += count
        return self.buffer[:got]

    def _read_some(self, offset, view):
        try:
            return os.preadv(self.fd, [view], offset)
        except OSError as e:
            raise UserError("", f"reading back at {offset:#x} failed: {e.strerror}. The card is "
                            "not usable; try another one, or another reader") from e
        finally:
            view.release()

    def close(self):
        """Ends reading."""
        os.close(self.fd)


def open_device(disk):
    """Opens for writing what was looked at. O_EXCL: nobody else has the disk, nor will have."""
    flags = os.O_WRONLY | (os.O_EXCL if disk.kind != "file" else 0)
    try:
        fd = os.open(disk.path, flags)
    except OSError as e:
        raise UserError(f"device={disk.path}", open_advice(e, disk)) from e
    number = os.fstat(fd).st_rdev
    if disk.number and f"{os.major(number)}:{os.minor(number)}" != disk.number:
        os.close(fd)
        raise UserError(f"device={disk.path}", "it is another disk now; run the command again")
    return fd


def open_advice(problem, disk):
    """What an error of open means here."""
    if problem.errno in (errno.EACCES, errno.EPERM):
        return ("you may not write to it; this makes it yours until it is taken out: "
                f"sudo chown $USER {disk.path}")
    if problem.errno == errno.EBUSY:
        return "another program, a file system or a RAID uses it; end that first"
    return f"can't be opened: {problem.strerror}"


def check(disk, needed, force):
    """Refuses what should not be overwritten."""
    found = blockdev.objections(disk, needed)
    doubts = [] if force else blockdev.doubts(disk)
    if found or doubts:
        advice = "" if found else "; force=1 overwrites it all the same" + (
            ", after unmounting it" if disk.all_mounts() else "")
        raise UserError(f"device={disk.path}", "refused: " + "; ".join(found + doubts) + advice)


def ask(disk):
    """Lets the user type the device's name. Nobody does that by mistake."""
    name = os.path.basename(disk.path)
    if not sys.stdin.isatty():
        raise UserError(f"device={disk.path}", "refused: there is no terminal to ask on; "
                        "yes=1 goes on without asking")
    print(f"All that is on it will be lost. Type {name} to go on: ", end="", flush=True)
    return read_line().strip() in (name, disk.path)


def read_line():
    """A line from the terminal, empty at its end. input() would sleep through a Ctrl-C that comes
    just before it begins to wait; a byte in the pipe is not lost."""
    signalled, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    before = signal.set_wakeup_fd(wakeup)
    try:
        select.select([sys.stdin, signalled], [], [])
        return sys.stdin.readline()
    finally:
        signal.set_wakeup_fd(before)
        os.close(signalled)
        os.close(wakeup)


def run(image_path, device, yes=False, force=False):
    """Looks, asks, writes, verifies; returns the exit status."""
    disk = blockdev.inspect(device)
    needed = os.path.getsize(image_path)
    print(f"Writing {image_path}, {output.size(needed)}, over")
    print("\n".join("  " + line for line in blockdev.describe(disk)), flush=True)
    check(disk, needed, force)
    if not yes and not ask(disk):
        output.error("not confirmed; nothing was written")
        return EXIT_FAILED
    if disk.all_mounts():
        blockdev.unmount(disk)
    with open(image_path, "rb") as image:
        return transfer(image, disk, needed)


def transfer(image, disk, size):
    """Writes and verifies. The device stays open in between: closed, it would be looked at, and
    perhaps mounted and written to, by the desktop."""
    fd = open_device(disk)
    problem, status = "it is not usable: run the command again before you use it", EXIT_INTERRUPTED
    try:
        write(image, fd, size, Progress("writing", size))
        problem = "it is written, but not verified"
        verify(image, disk.path, size, Progress("verifying", size))
        problem, status = "", 0
    except Interrupted:
        problem = "interrupted; " + problem
    except UserError as e:
        problem, status = str(e), EXIT_FAILED
    finally:
        os.close(fd)
    if problem:
        print()
        output.error(f"{disk.path}: {problem}")
    else:
        print(f"{disk.path} is written and verified")
    return status


def start(top, image, device, yes, force):
    """Runs this module as a program, on the same terminal; returns its exit status."""
    words = [sys.executable, "-B", "-m", "resea.cardwriter"]
    words += [flag for flag, wanted in (("--yes", yes), ("--force", force)) if wanted]
    path = os.path.abspath(os.path.expanduser(device))
    environment = {**os.environ, "PYTHONPATH": str(top / "site_scons")}
    return subprocess.run([*words, str(image), path], env=environment, check=False).returncode


def main(arguments):
    """The program."""
    def interrupt(number, frame):
        raise Interrupted
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    words = [word for word in arguments if not word.startswith("--")]
    try:
        return run(words[0], words[1], "--yes" in arguments, "--force" in arguments)
    except UserError as e:
        output.error(e)
        return EXIT_REFUSED
    except Interrupted:
        print()
        output.error("interrupted; nothing was written")
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
