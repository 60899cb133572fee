"""A guest in an emulator, driven over its serial line.

    guest = Guest(argv, log)
    guest.expect("resea> ")
    guest.send("hello\n")
    assert guest.wait() == EXIT_SUCCESS

A guest ends by leaving the emulator with a status. The time limits are the last resort: generous,
because the machine may be busy with other tests.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import time

PROMPT = "resea> "
# Lines that servers print: "[name] text".
SERVER_LINES = r"(?:\[\w+\] [^\n]*\n)*"

# Seconds until a guest that says nothing new that a test waits for is given up.
LIMIT = 180
# Seconds until an emulator ends even if its test was killed.
LAST_RESORT = 1800

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>c]|\r|\x00")
_TAIL_LINES = 25


class GuestError(AssertionError):
    """A guest did not do what its test waited for. Shows the end of what it said."""

    def __init__(self, what, guest):
        super().__init__(f"{what}\n{guest.tail()}")


def bounded(argv):
    """A command that ends by itself some day, whatever happens to this process."""
    timeout = shutil.which("timeout")
    return [timeout, "--foreground", "-k", "5", str(LAST_RESORT), *argv] if timeout else argv


class Guest:
    """One emulator process with the guest's serial line on its standard input and output."""

    def __init__(self, argv, log_path):
        self.log_path = str(log_path)
        os.makedirs(os.path.dirname(self.log_path), exist_ok=True)
        self._log = open(self.log_path, "wb", buffering=0)
        self._log.write(("# " + " ".join(argv) + "\n").encode())
        self._raw = b""
        self._text = ""
        self._position = 0
        self._ended = False
        self._process = subprocess.Popen(bounded(argv), stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def text(self):
        """All it has said so far, without carriage returns and escape sequences."""
        return self._text

    def tail(self):
        """The end of it, and where all of it is."""
        lines = "\n".join("    " + line for line in self._text.splitlines()[-_TAIL_LINES:])
        return f"its last output (all of it is in {self.log_path}):\n{lines}"

    def send(self, text):
        """Types something."""
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise GuestError(f"the guest ended before it could be sent {text!r}", self) from None

    def expect(self, pattern, limit=LIMIT):
        """Waits until a regular expression matches what it says, after the last such match."""
        deadline = time.monotonic() + limit
        while True:
            match = re.compile(pattern, re.MULTILINE).search(self._text, self._position)
            if match:
                self._position = match.end()
                return match
            if self._ended:
                raise GuestError(f"the guest ended with status {self._reap()} before it said "
                                 f"/{pattern}/", self)
            if not self._read(deadline):
                raise GuestError(f"the guest did not say /{pattern}/ within {limit} s", self)

    def expect_all(self, texts, limit=LIMIT):
        """Waits until it has said all of the texts since it was started, in whatever order."""
        deadline = time.monotonic() + limit
        while True:
            missing = [text for text in texts if text not in self._text]
            if not missing:
                return
            if self._ended or not self._read(deadline):
                raise GuestError(f"the guest did not say {missing} within {limit} s", self)

    def drain(self):
        """Takes in what it has said already."""
        while not self._ended and self._read(time.monotonic() + 0.01):
            pass

    def prompt(self):
        """Waits for the shell's prompt."""
        self.expect("^" + re.escape(PROMPT))

    def command(self, line):
        """Runs a shell command to its end; returns what it printed. While the system still starts,
        servers may print lines in between what is typed."""
        self.send(line + "\n")
        echo = SERVER_LINES.join(re.escape(char) for char in line)
        self.expect(echo + SERVER_LINES + r"\s*\n")
        start = self._position
        end = self.expect("^" + re.escape(PROMPT)).start()
        return self._text[start:end]

    def busy_task(self, name, messages):
        """The ID of a program, as soon as it has got so many messages. What others print may come
        in between what is typed here."""
        for _ in range(10000):
            self.send("ps\n")
            table = self.expect(r"TASK NAME[\s\S]*?resea> ")[0]
            found = re.search(rf"^ *(\d+) {name} .* (\d+)$", table, re.MULTILINE)
            if found and int(found[2]) >= messages:
                return found[1]
        raise AssertionError(f"{name} doesn't run, or has nothing to do")

    def listen(self, seconds):
        """Takes in what it says, waiting for that no longer than so."""
        self._read(time.monotonic() + seconds)

    def is_running(self):
        """Whether the emulator has not ended."""
        return self._process.poll() is None

    def wait(self, limit=LIMIT):
        """Waits until the emulator ends by itself; returns its exit status."""
        deadline = time.monotonic() + limit
        while not self._ended:
            if not self._read(deadline):
                raise GuestError(f"the guest did not end within {limit} s", self)
        return self._reap()

    def close(self):
        """Ends the emulator, and only it, if it still runs; keeps the log."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            while not self._ended and self._read(time.monotonic() + 10):
                pass
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._log.close()

    def _read(self, deadline):
        """Takes in what there is, waiting for it until the deadline; False if that passed."""
        stdout = self._process.stdout
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stdout], [], [], left)[0]:
            return False
        data = os.read(stdout.fileno(), 65536)
        self._ended = not data
        self._log.write(data)
        self._take(data)
        return True

    def _take(self, data):
        """Adds to the text; an escape sequence may arrive in pieces, so all that follows the last
        line end is looked at again."""
        self._raw += data
        done, newline, rest = self._raw.rpartition(b"\n")
        clean = self._text[:self._text.rfind("\n") + 1]
        self._text = clean + _clean(done + newline) + _clean(rest)
        self._raw = rest

    def _reap(self):
        return self._process.wait(timeout=30)


def _clean(data):
    return _ESCAPES.sub("", data.decode("utf-8", "replace"))
