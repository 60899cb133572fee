"""The web server, asked by curl, by clients that do everything wrong, and by a browser that draws
the dashboard."""

import hashlib
import json
import random
import re
import socket
import subprocess

import pytest

from resea import browser, qemu
from support import hosts

pytestmark = [pytest.mark.board("x64"), pytest.mark.heavy(60)]

HTTP = 80
# Seconds until something that doesn't answer is given up. It is never what decides.
LIMIT = 120
CONNECTIONS = 256
# What the server allows for a request's head, in seconds.
HEAD_TIME_S = 10


class Client:
    """One connection, with what has come on it and wasn't looked at yet."""

    def __init__(self, forwards):
        self.sock = forwards.connect(HTTP)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def _more(self):
        data = self.sock.recv(65536)
        assert data, f"the connection has ended behind {self.data!r}"
        self.data += data

    def answer(self, has_body=True):
        """(status, head in lower case, body) of the next answer."""
        while b"\r\n\r\n" not in self.data:
            self._more()
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        text = head.decode().lower()
        status = int(text.split()[1])
        length = int(re.search(r"^content-length: (\d+)", text, re.M)[1]) if has_body else 0
        while len(self.data) < length:
            self._more()
        body, self.data = self.data[:length], self.data[length:]
        return status, text, body

    def at_end(self):
        """Whether nothing but the end comes."""
        return self.data == b"" and self.sock.recv(1) == b""


def get(path="/api/uptime", more=b"", version=b"1.1"):
    return b"GET " + path.encode() + b" HTTP/" + version + b"\r\nHost: x\r\n" + more + b"\r\n"


def curl(forwards, path, *words, **options):
    """What curl prints, which is bytes."""
    url = f"http://127.0.0.1:{forwards.ports[HTTP]}{path}"
    return subprocess.run(["curl", "-sS", "--max-time", str(LIMIT), "--path-as-is", *words, url],
                          check=True, capture_output=True, **options).stdout


def curl_status(forwards, path, *words, **options):
    return int(curl(forwards, path, "-o", "/dev/null", "-w", "%{http_code}", *words, **options))


@pytest.fixture
def forwards():
    return hosts.Forwards(HTTP)


@pytest.fixture
def guest(machines, forwards):
    """A system on the network, which has to power off well afterwards."""
    booted = machines.boot("debug", net=forwards.net)
    booted.prompt()
    booted.command("ifconfig -w 60")
    yield booted
    booted.send("poweroff\n")
    assert booted.wait() == qemu.EXIT_SUCCESS


def check_curl(forwards):
    page = curl(forwards, "/")
    assert b"<title>Resea</title>" in page
    head = curl(forwards, "/", "-I").decode().lower()
    assert head.startswith("http/1.1 200 ok") and f"content-length: {len(page)}" in head
    assert "content-type: text/html; charset=utf-8" in head
    assert re.search(r"^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt\r$", head, re.M)
    tag = re.search(r'^etag: ("\S+")', head, re.M)[1]
    assert curl_status(forwards, "/", "-H", f"If-None-Match: {tag}") == 304
    assert curl_status(forwards, "/", "-H", 'If-None-Match: "other"') == 200
    for path, status in (("/missing", 404), ("/../etc", 400), ("/%2e%2e/x", 400), ("/a%2fb", 400),
                         ("/%00", 400), ("/" + "x" * 6000, 404), ("/" + "x" * 8100, 414)):
        assert curl_status(forwards, path) == status, path
    for words, status in ((["-X", "DELETE"], 405), (["-X", "BREW"], 501), (["-X", "OPTIONS"], 204),
                          (["-d", "body"], 405), (["-H", "Expect: x"], 417)):
        assert curl_status(forwards, "/", *words) == status, words


def check_bodies(forwards, tmp_path):
    """A body with a request for a page is skipped, whatever way it comes, unless it is too
    long."""
    body = tmp_path / "body"
    body.write_bytes(bytes(200_000))
    for words in ([], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"],
                  ["-H", "Expect:"]):
        assert curl_status(forwards, "/api/uptime", "-X", "GET", "--data-binary", f"@{body}",
                           *words) == 200, words
    body.write_bytes(bytes(2_000_000))
    assert curl_status(forwards, "/api/uptime", "-X", "GET", "--data-binary", f"@{body}") == 413
    assert curl_status(forwards, "/", "-T", str(body)) == 405


def check_api(forwards, guest):
    for name, keys in (("uptime", {"uptime_ms", "unix_ms", "cpus", "mhz"}),
                       ("tasks", {"uptime_ms", "cpus", "tasks"}),
                       ("memory", {"ram_bytes", "total_bytes", "free_bytes", "kernel_bytes",
                                   "kernel_code_bytes"}),
                       ("ipc", {"recording", "since_ms", "lost", "edges"}),
                       ("log", {"text", "next"}),
                       ("network", {"interfaces", "addresses", "sockets"})):
        found = json.loads(curl(forwards, f"/api/{name}"))
        assert set(found) == keys
    tasks = {task["name"]: task for task in json.loads(curl(forwards, "/api/tasks"))["tasks"]}
    assert {"vm", "shell", "tcpip", "webapi", "e1000"} <= set(tasks)
    assert tasks["webapi"]["state"] == "running" and tasks["shell"]["state"] == "receiving"
    edges = json.loads(curl(forwards, "/api/ipc"))["edges"]
    there = (tasks["webapi"]["id"], tasks["tcpip"]["id"])
    assert any((edge["from"], edge["to"]) == there and edge["messages"] > 0 for edge in edges)
    addresses = json.loads(curl(forwards, "/api/network"))["addresses"]
    assert "10.0.2.15" in [address["address"] for address in addresses]
    at = json.loads(curl(forwards, "/api/log"))["next"]
    guest.command("utils echo 'a \"quoted\" line'")
    log = json.loads(curl(forwards, f"/api/log?from={at}"))
    assert '\na "quoted" line\n' in log["text"] and log["next"] > at


def check_large_file(forwards, guest, folder):
    """More than a file in memory, and more than is on the way at a time: whole, and in ranges."""
    content = random.Random(9).randbytes(100_000)
    (folder / "large.bin").write_bytes(content)
    with hosts.WebServer(folder) as url:
        guest.command("umount /www")
        guest.command("mkdir -p /www/sub")
        guest.command(f"http -o /www/large.bin {url}/large.bin")
        guest.command("write /www/sub/index.html inside")
    answer = curl(forwards, "/large.bin")
    assert hashlib.sha256(answer).digest() == hashlib.sha256(content).digest()
    for words, part in (("0-0", content[:1]), ("99999-", content[-1:]),
                        ("-70000", content[-70000:]), ("500-80499", content[500:80500]),
                        ("50000-999999", content[50000:])):
        assert curl(forwards, "/large.bin", "-r", words) == part, words
    assert curl_status(forwards, "/large.bin", "-r", "0-0") == 206
    assert curl_status(forwards, "/large.bin", "-r", "100000-") == 416
    assert curl(forwards, "/large.bin", "-r", "0-0,5-6") == content
    assert curl(forwards, "/large.bin", "-r", "0-0", "-H", 'If-Range: "other"') == content
    assert curl(forwards, "/sub", "-L") == b"inside\n"
    assert curl_status(forwards, "/sub") == 301
    return content


def check_pipelining(forwards, content):
    """Answers come in the order of the requests, whatever these are and however they are cut."""
    requests = [get("/sub/"), b"HEAD /sub/ HTTP/1.1\r\nHost: x\r\n\r\n", get("/large.bin"),
                get("/missing"), get("/large.bin", b"Range: bytes=5-9\r\n"),
                get("/sub/", b"Transfer-Encoding: chunked\r\n") + b"3\r\nGET\r\n0\r\n\r\n"] * 5
    whole = b"".join(requests)
    generator = random.Random(3)
    with Client(forwards) as client:
        while whole:
            size = generator.choice((1, 2, 50, 3000))
            client.send(whole[:size])
            whole = whole[size:]
        for _ in range(5):
            assert client.answer()[::2] == (200, b"inside\n")
            assert client.answer(has_body=False)[0] == 200
            assert client.answer()[2] == content
            assert client.answer()[0] == 404
            assert client.answer()[::2] == (206, content[5:10])
            assert client.answer()[::2] == (200, b"inside\n")


def check_batch(forwards):
    """Many requests at once, more than there is room for the answers to."""
    with Client(forwards) as client:
        client.send(get() * 600)
        for _ in range(600):
            assert client.answer()[0] == 200
        client.send(get(more=b"Connection: close\r\n"))
        assert client.answer()[0] == 200
        assert client.at_end()


WRONG = (
    (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (get(more=b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n", 400),
    (get(more=b"Content-Length: 3\r\nContent-Length: 4\r\n") + b"abc", 400),
    (get(more=b"Transfer-Encoding: chunked\r\n") + b"-1\r\n", 400),
    (get(more=b"Transfer-Encoding: chunked\r\n") + b"ffffffff\r\n", 413),
    (get(more=b"Transfer-Encoding: gzip\r\n"), 501),
    (get(more=b"X: y\r\n folded: z\r\n"), 400),
    (get(more=b"X : y\r\n"), 400),
    (get(more=b"X: " + b"y" * 9000 + b"\r\n"), 431),
    (get(more=b"X: y\r\n" * 200), 431),
    (get(version=b"2.0"), 505),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400),
    (b"\r\n" * 5000, 414),
    (get(more=b"Content-Length: 99999999999\r\n") + bytes(100_000), 413),
)


def check_wrong_requests(forwards):
    """Each is told what it is, whole, and nothing behind it is taken for a request."""
    for request, status in WRONG:
        with Client(forwards) as client:
            client.send(request + get())
            assert client.answer()[0] == status, request[:80]
            assert client.at_end(), request[:80]


def check_other_versions(forwards):
    with Client(forwards) as client:
        client.send(b"GET /api/uptime HTTP/1.0\r\n\r\n")
        assert client.answer()[0] == 200
        assert client.at_end()
    with Client(forwards) as client:
        for _ in range(2):
            client.send(b"GET /api/uptime HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert "connection: keep-alive" in client.answer()[1]
    # A client that has said all it will say is answered.
    with Client(forwards) as client:
        client.send(get())
        client.sock.shutdown(socket.SHUT_WR)
        assert client.answer()[0] == 200
        assert client.at_end()


def check_slow_clients(forwards):
    """They hold up nobody, and are told when it has been too long."""
    with Client(forwards) as slow, Client(forwards) as takes_nothing, Client(forwards) as other:
        slow.send(b"GET / HTTP/1.1\r\nHo")
        takes_nothing.send(get("/large.bin") * 50)
        before = json.loads(curl(forwards, "/api/uptime"))["uptime_ms"]
        for _ in range(50):
            other.send(get())
            assert other.answer()[0] == 200
        assert slow.answer()[0] == 408
        assert slow.at_end()
        after = json.loads(curl(forwards, "/api/uptime"))["uptime_ms"]
        assert after - before >= (HEAD_TIME_S - 1) * 1000


def check_many_connections(forwards):
    """As many as there may be; with one more, the one that has been idle for longest makes room."""
    clients = []
    for _ in range(CONNECTIONS):
        clients.append(Client(forwards))
        clients[-1].send(get())
        assert clients[-1].answer()[0] == 200
    for client in clients:
        client.send(get())
        assert client.answer()[0] == 200
    with Client(forwards) as another:
        another.send(get())
        assert another.answer()[0] == 200
        assert clients[0].at_end()
    for client in clients[-100:]:
        client.send(get())
        assert client.answer()[0] == 200
    for client in clients:
        client.sock.close()


def test_http(guest, forwards, tmp_path):
    check_curl(forwards)
    check_bodies(forwards, tmp_path)
    check_api(forwards, guest)
    content = check_large_file(forwards, guest, tmp_path)
    check_pipelining(forwards, content)
    check_batch(forwards)
    check_wrong_requests(forwards)
    check_other_versions(forwards)
    check_slow_clients(forwards)
    check_many_connections(forwards)


def test_dashboard(guest, forwards, tmp_path):
    """A browser shows what the system is doing."""
    url = f"http://127.0.0.1:{forwards.ports[HTTP]}/"
    page = browser.dom(url, seconds=4)
    assert int(re.search(r'data-polls="(\d+)"', page)[1]) >= 3
    assert re.search(r'id="status"[^>]*>live<', page)
    assert re.search(r'<td class="">webapi</td><td class="">running</td>', page)
    assert re.search(r'id="uptime">00:0\d:\d\d<', page)
    assert page.count("<path ") >= 4 and "10.0.2.15/24" in page and "[vm] started tcpip" in page
    picture = browser.screenshot(url, tmp_path / "dashboard.png", seconds=4)
    assert picture.read_bytes().startswith(b"\x89PNG")
