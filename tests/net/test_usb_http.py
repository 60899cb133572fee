"""The web server of a Raspberry Pi, behind QEMU's USB network adapter, asked by curl and others;
the adapter's driver ends meanwhile."""

import concurrent.futures
import hashlib
import json
import random
import re

import pytest

from resea import qemu
from support import hosts
from test_http import HTTP, Client, curl, curl_status, get

pytestmark = [pytest.mark.heavy(20), pytest.mark.board("raspi3"),
              pytest.mark.xdist_group("usb_net")]

# QEMU moves some 230 KB a second.
LARGE_LEN = 120_000
AT_ONCE = 16
# Requests for the large file whose answers are on their way when the driver is ended.
UNDER_WAY = 5
# What may be in use at the prompt, with the network up. Programs of debug builds are four times as
# large.
RAM_MAX_KIB = {"debug": 12 * 1024, "release": 8 * 1024}


def check_network(guest):
    """QEMU's network has a DHCP server, and answers pings."""
    text = guest.command("ifconfig -w 60")
    assert re.search(r"^    address 10\.0\.2\.15/24, DHCP, for \d+ s", text, re.M), text
    assert "3 sent, 3 received, 0% lost" in guest.command("ping -c 3 -i 10 10.0.2.2")


def check_memory(guest, mode):
    sizes = dict(re.findall(r"^(\w+) +(\d+) KiB", guest.command("free"), re.M))
    assert int(sizes["RAM"]) - int(sizes["free"]) <= RAM_MAX_KIB[mode]


def check_pages(forwards):
    page = curl(forwards, "/")
    assert b"<title>Resea</title>" in page
    assert f"content-length: {len(page)}" in curl(forwards, "/", "-I").decode().lower()
    assert curl_status(forwards, "/missing") == 404
    tasks = {task["name"] for task in json.loads(curl(forwards, "/api/tasks"))["tasks"]}
    assert {"dwc2", "usb_net", "tcpip", "webapi"} <= tasks
    interfaces = json.loads(curl(forwards, "/api/network"))["interfaces"]
    assert [i["link"] for i in interfaces if i["name"] == "ecm-0"] == [True]


def check_connections(forwards):
    """One connection for many requests, some of them together; and many connections."""
    with Client(forwards) as client:
        client.send(get() * 100)
        for _ in range(100):
            assert client.answer()[0] == 200
    clients = [Client(forwards) for _ in range(AT_ONCE)]
    for _ in range(2):
        for client in clients:
            client.send(get("/"))
        assert len({client.answer()[2] for client in clients}) == 1
    for client in clients:
        client.sock.close()


def store_large_file(guest, folder):
    """Fetched by the guest, which is the other direction."""
    content = random.Random("usb_http").randbytes(LARGE_LEN)
    (folder / "large.bin").write_bytes(content)
    with hosts.WebServer(folder) as url:
        guest.command("umount /www")
        guest.command("mkdir /www")
        guest.command(f"http -o /www/large.bin {url}/large.bin")
    return content


def check_large_file(forwards, content):
    def fetch(_):
        return hashlib.sha256(curl(forwards, "/large.bin")).digest()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert set(pool.map(fetch, range(4))) == {hashlib.sha256(content).digest()}
    assert curl(forwards, "/large.bin", "-r", "1000-50000") == content[1000:50001]


def task_of(guest, name):
    return int(re.search(rf"^ *(\d+) +{name} ", guest.command("ps"), re.M)[1])


def check_end_of_driver(guest, forwards, content):
    """The connection waits for the next driver."""
    before = task_of(guest, "usb_net")
    with Client(forwards) as client:
        client.send(get("/large.bin") * UNDER_WAY)
        assert client.answer()[2] == content
        guest.command(f"kill {before}")
        for _ in range(UNDER_WAY - 1):
            assert client.answer()[2] == content
    assert task_of(guest, "usb_net") != before


def test_web(machines, mode, tmp_path):
    forwards = hosts.Forwards(HTTP)
    guest = machines.boot(mode, net=forwards.net)
    guest.prompt()
    check_network(guest)
    check_memory(guest, mode)
    check_pages(forwards)
    check_connections(forwards)
    content = store_large_file(guest, tmp_path)
    check_large_file(forwards, content)
    check_end_of_driver(guest, forwards, content)
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
