"""Keeps the frames that an interface receives or sends, as tcpdump reads them, until it is told to
end: python3 capture.py INTERFACE FILE. tcpdump itself would want to become another user first."""

import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
FRAME_MAX = 1 << 16
BUFFER_LEN = 64 << 20
# Of pcap's files, version 2.4: Ethernet.
FILE_HEADER = struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, FRAME_MAX, 1)


def main():
    interface, path = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_LEN)
    link.bind((interface, 0))
    with open(path, "wb") as file:
        file.write(FILE_HEADER)
        print("capturing", flush=True)
        while True:
            frame = link.recv(FRAME_MAX)
            seconds, ns = divmod(time.time_ns(), 10**9)
            file.write(struct.pack("=4I", seconds, ns // 1000, len(frame), len(frame)) + frame)


if __name__ == "__main__":
    main()
