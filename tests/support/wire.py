"""The other end of a guest's network cable: net=socket:DIR.

    with Wire() as wire:
        guest = machines.boot(net=wire.net)
        wire.send(frame)
        frame = wire.receive()

Frames are bytes, as on Ethernet but without their checksums. Nothing gets lost on the cable: who
doesn't take its frames makes the other side wait.
"""

import select
import shutil
import socket
import tempfile
import time
from collections import deque
from pathlib import Path

from support.guest import LIMIT

FRAME_MAX = 1 << 17


class Wire:
    """A socket in a folder of its own: names of sockets are short."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="wire"))
        self.net = f"socket:{self.folder}"
        self._guest = str(self.folder / "guest")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.folder / "peer"))
        self._socket.setblocking(False)
        self._received = deque()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        shutil.rmtree(self.folder)

    def fileno(self):
        """For select and poll."""
        return self._socket.fileno()

    def offer(self, frame):
        """Sends a frame if the guest takes it now; whether it did. Whoever polls for that with
        fileno() has to have called join()."""
        try:
            self._socket.send(frame)
            return True
        except BlockingIOError:
            return False

    def join(self):
        """Makes the guest, which has to have sent something, the only one on the cable."""
        self._socket.connect(self._guest)

    def collect(self):
        """All frames that have come and weren't received yet."""
        self._take(0)
        frames = list(self._received)
        self._received.clear()
        return frames

    def send(self, frame, limit=LIMIT):
        """Sends a frame; takes in what the guest sends as long as that takes."""
        deadline = time.monotonic() + limit
        while True:
            try:
                self._socket.sendto(frame, self._guest)
                return
            except BlockingIOError:
                assert time.monotonic() < deadline, f"the guest took no frame for {limit} s"
                # Either a frame comes, or there is room soon: of that, a socket without a
                # connection doesn't tell.
                self._take(0.001)

    def receive(self, limit=LIMIT):
        """The next frame of the guest's; None if none comes within `limit` seconds."""
        deadline = time.monotonic() + limit
        while not self._received and self._take(deadline - time.monotonic()):
            pass
        return self._received.popleft() if self._received else None

    def _take(self, seconds):
        """Takes in the frames that have come, waiting for the first one; False if there is none."""
        if not select.select([self._socket], [], [], max(0, seconds))[0]:
            return False
        try:
            while True:
                self._received.append(self._socket.recv(FRAME_MAX))
        except BlockingIOError:
            return True
