"""A cable between a guest and its peer, on which things go wrong.

    with Relay(wire, peer, seed) as relay:
        relay.faults = Faults.at(0.01)

What happens to a frame depends on the seed and on how many have come from that side before. Frames
with wrong bytes are IP packets: whoever takes one to be right has not looked at a checksum.
"""

import heapq
import os
import random
import select
import threading
import time
from collections import Counter
from dataclasses import dataclass

FRAME_MAX = 1 << 17
TO_GUEST, TO_PEER = "to the guest", "to the peer"
ETHER_LEN = 14
IP_TYPES = (b"\x08\x00", b"\x86\xdd")


@dataclass(frozen=True)
class Faults:
    """Chances from 0 to 1, times in seconds."""

    loss: float = 0
    duplication: float = 0
    reordering: float = 0
    corruption: float = 0
    delay: float = 0
    # What is out of order comes so much later, at most.
    lateness: float = 0.010
    bytes_per_second: float = 0

    @classmethod
    def at(cls, rate, delay=0.001):
        """All kinds: half as many are doubled as are lost, twice as many late, a quarter wrong."""
        return cls(rate, rate / 2, rate * 2, rate / 4, delay)


class Relay:
    """A thread that passes frames on as long as it is used."""

    def __init__(self, wire, peer, seed):
        self.faults = Faults()
        self.counts = {side: Counter() for side in (TO_GUEST, TO_PEER)}
        self._wire, self._peer = wire, peer
        self._random = {side: random.Random(f"{seed} {side}") for side in (TO_GUEST, TO_PEER)}
        self._waiting = {side: [] for side in (TO_GUEST, TO_PEER)}
        self._busy_until = {side: 0.0 for side in (TO_GUEST, TO_PEER)}
        self._number = 0
        self._joined = False
        self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        os.write(self._stop[1], b"x")
        self._thread.join()
        for end in self._stop:
            os.close(end)

    def _run(self):
        poll = select.poll()
        poll.register(self._stop[0], select.POLLIN)
        poll.register(self._peer.fileno(), select.POLLIN)
        while True:
            full = self._deliver_all()
            poll.register(self._wire.fileno(), select.POLLIN | (select.POLLOUT if full else 0))
            ready = [descriptor for descriptor, _ in poll.poll(self._wait_ms(full))]
            if self._stop[0] in ready:
                return
            for frame in self._from_peer():
                self._take(frame, TO_GUEST)
            for frame in self._wire.collect():
                if not self._joined:
                    self._wire.join()
                    self._joined = True
                self._take(frame, TO_PEER)

    def _wait_ms(self, full):
        """Until the next frame is due; None: none is."""
        heaps = [self._waiting[TO_PEER]] + ([] if full or not self._joined else
                                            [self._waiting[TO_GUEST]])
        due = min((heap[0][0] for heap in heaps if heap), default=None)
        return None if due is None else max(0, (due - time.monotonic()) * 1000 + 0.5)

    def _from_peer(self):
        try:
            while True:
                yield os.read(self._peer.fileno(), FRAME_MAX)
        except BlockingIOError:
            return

    def _take(self, frame, side):
        """Decides what happens to a frame."""
        faults, chance, count = self.faults, self._random[side].random, self.counts[side]
        lost, doubled, late, wrong = chance(), chance(), chance(), chance()
        count["frames"] += 1
        if lost < faults.loss:
            count["lost"] += 1
            return
        now = time.monotonic()
        if faults.bytes_per_second:
            now = max(now, self._busy_until[side]) + len(frame) / faults.bytes_per_second
            self._busy_until[side] = now
        due = now + faults.delay
        if doubled < faults.duplication:
            count["doubled"] += 1
            self._add(due + chance() * faults.lateness, frame, side)
        if wrong < faults.corruption and frame[12:14] in IP_TYPES:
            count["wrong"] += 1
            frame = self._damage(frame, self._random[side])
        if late < faults.reordering:
            count["late"] += 1
            due += chance() * faults.lateness
        self._add(due, frame, side)

    @staticmethod
    def _damage(frame, generator):
        """One byte of the packet is another one, which no sum of 16-bit numbers overlooks."""
        at = generator.randrange(ETHER_LEN, len(frame))
        wrong = frame[at] ^ generator.randrange(1, 256)
        return frame[:at] + bytes([wrong]) + frame[at + 1:]

    def _add(self, due, frame, side):
        self._number += 1
        heapq.heappush(self._waiting[side], (due, self._number, frame))

    def _deliver_all(self):
        """Passes on what is due. Returns whether the guest takes no more for now."""
        now = time.monotonic()
        heap = self._waiting[TO_PEER]
        while heap and heap[0][0] <= now:
            os.write(self._peer.fileno(), heapq.heappop(heap)[2])
        heap = self._waiting[TO_GUEST]
        while self._joined and heap and heap[0][0] <= now:
            if not self._offer(heap[0][2]):
                return True
            heapq.heappop(heap)
        return False

    def _offer(self, frame):
        """A guest that has ended takes everything."""
        try:
            return self._wire.offer(frame)
        except (ConnectionRefusedError, ConnectionResetError):
            return True
