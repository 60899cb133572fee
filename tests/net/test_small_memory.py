"""A PC with 16 MiB serves the web: many connections at once, and clients that take nothing."""

import json
import re

import pytest

from resea import qemu
from support import hosts
from test_http import CONNECTIONS, HTTP, Client, curl, get

pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy(30)]

SERVERS = ("vm", "tcpip", "webapi", "e1000", "vfs", "tarfs")
# More answers than the server keeps for a client that takes none: some of these are cut off.
HOARDERS = 30
HOARD = get() * 200
# What programs may have then: 256 connections, and all that the web server keeps. (In debug builds,
# blocks that were freed stay for a while.)
OWN_MAX_KIB = {"tcpip": 768, "webapi": 1536}
# Packet buffers that may be under way when they are counted.
UNDER_WAY = 8
# What is in a program's heap doesn't lie in the same pages each time.
SLACK_KIB = 64


def tasks(guest):
    return {name: int(task) for task, name in
            re.findall(r"^ *(\d+) +(\w+) ", guest.command("ps"), re.M)}


def own_kib(guest, name):
    return int(re.search(rf"^ *\d+ +{name} +(\d+) ", guest.command("mem"), re.M)[1])


def free_buffers(guest):
    return int(re.match(r".*?(\d+) of \d+ packet buffers free", guest.command("netstat -m"),
                        re.S)[1])


def ask(client, more=b""):
    client.send(get("/", more))
    assert client.answer()[0] == 200


def hoard(forwards):
    """A client that asks for a lot and takes nothing."""
    client = Client(forwards)
    client.send(HOARD)
    return client


def check_all_at_once(forwards):
    """As many connections as there may be, all of which are answered."""
    clients = []
    for _ in range(CONNECTIONS):
        clients.append(Client(forwards))
        ask(clients[-1])
    # They don't all end in the same moment: that would be more frames than the card has room for.
    for client in clients:
        ask(client, b"Connection: close\r\n")
        assert client.at_end()
        client.sock.close()


def check_hoarders(forwards, page):
    """While some hoard, another client is served."""
    hoarders = [hoard(forwards) for _ in range(HOARDERS)]
    for _ in range(5):
        assert curl(forwards, "/") == page
    for client in hoarders:
        client.sock.close()


def wait_for_end(forwards):
    """Until the server has closed all connections but the one that asks."""
    established = CONNECTIONS
    for _ in range(1000):
        sockets = json.loads(curl(forwards, "/api/network"))["sockets"]
        established = sum(socket["state"] == "established" for socket in sockets)
        if established <= 1:
            return
    assert established <= 1


def test_16_mib(machines):
    forwards = hosts.Forwards(HTTP)
    guest = machines.boot("release", net=forwards.net, memory="16M")
    guest.prompt()
    guest.command("ifconfig -w 60")
    page = curl(forwards, "/")
    assert b"<title>Resea</title>" in page
    before = {name: tasks(guest)[name] for name in SERVERS}
    buffers = free_buffers(guest)
    check_all_at_once(forwards)
    used = own_kib(guest, "tcpip")
    check_hoarders(forwards, page)
    check_all_at_once(forwards)
    wait_for_end(forwards)
    assert free_buffers(guest) >= buffers - UNDER_WAY
    assert own_kib(guest, "tcpip") <= used + SLACK_KIB
    assert all(own_kib(guest, name) <= limit for name, limit in OWN_MAX_KIB.items())
    assert {name: tasks(guest)[name] for name in SERVERS} == before
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
