"""Photo downloads: which addresses are followed at all, what is taken from them, and when it stops."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from portal.provider import PhotoDownloader
from portal.provider.download import is_loopback, is_public
from portal.provider.errors import PhotoError, PhotoExpired, PhotoRefused, PhotoTooLarge, PhotoUnavailable
from tests.unit.provider.scripted_server import Reply, ScriptedServer, close_socket
from tests.waiting import END_SECONDS, SILENT_SECONDS, wait_until

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 200
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"\x00" * 200
TYPE = {"Content-Type": "image/jpeg"}


def get_refusal(downloader: PhotoDownloader, url: Any) -> str:
    with pytest.raises(PhotoRefused) as caught:
        downloader.download(url)
    return caught.value.reason


@pytest.fixture
def downloader(server: ScriptedServer) -> PhotoDownloader:
    return PhotoDownloader([server.origin], total_s=60.0)


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (JPEG, "image/jpeg", "image/jpeg"),
        (JPEG, "IMAGE/JPG; charset=binary", "image/jpeg"),
        (PNG, "image/png", "image/png"),
        (WEBP, "image/webp", "image/webp"),
    ],
)
def test_a_photo(server: ScriptedServer, downloader: PhotoDownloader, content: bytes, declared: str, kind: str) -> None:
    server.set_replies(Reply(200, content, {"Content-Type": declared}))
    photo = downloader.download(f"{server.origin}/a/p.jpg?signature=a%2Fb&x=1#part")
    assert (photo.content, photo.content_type) == (content, kind)
    assert server.requests[0].path == "/a/p.jpg"
    assert server.requests[0].query == {"signature": "a/b", "x": "1"}
    assert "Authorization" not in server.requests[0].headers
    assert "\\xff" not in repr(photo)


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.com.evil.example/p", "https://evil.example/p", "https://CDN.example.com@evil.example/p",
        "https://user:pw@cdn.example.com/p", "https://@cdn.example.com/p", "https://cdn.example.com:444/p",
        "https://cdn.example.com:/p", "https://cdn.example.com:80/p", "https://cdn.example.com:99999/p",
        "https://cdn.example.com:٤٤٣/p", "http://cdn.example.com/p", "http://cdn.example.com:443/p",
        "//cdn.example.com/p", "/p", "", "cdn.example.com/p", "ftp://cdn.example.com/p", "file:///etc/passwd",
        "gopher://cdn.example.com/", "javascript:alert(1)", "data:image/png;base64,AAAA",
        "https://127.0.0.1/p", "https://127.1/p", "https://2130706433/p", "https://0x7f000001/p",
        "https://0x7f.1/p", "https://017700000001/p", "https://[::1]/p", "https://[::ffff:127.0.0.1]/p",
        "https://[::]/p", "https://0/p", "https://localhost/p", "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/p", "https://cdn.example.com\\@evil.example/p", "https://cdn.example.com%2eevil.example/p",
        "https://cdn。example。com/p", "https://ⓒdn.example.com/p", "https://cdn.example.com\t/p",
        "https://cdn.example.com\n.evil.example/p", " https://cdn.example.com/p", "https://cdn.example.com/p q",
        "https://cdn.example.com./p", "https://[cdn.example.com/p", "https://[::1", "https://cdn.example.com\x00/p",
        "https:///p", "https:cdn.example.com/p", "https://cdn.example.com/" + "a" * 9000, None, 5, b"https://x",
    ],
)  # fmt: skip
@pytest.mark.asvs("A28")
def test_disallowed_addresses_are_not_resolved(url: Any) -> None:
    assert get_refusal(PhotoDownloader(["https://cdn.example.com"]), url)


def test_case_of_the_host_does_not_matter(server: ScriptedServer) -> None:
    origin = server.origin.replace("127.0.0.1", "localhost")
    server.set_replies(Reply(200, JPEG, TYPE))
    assert PhotoDownloader([origin]).download(origin.replace("localhost", "LocalHost") + "/p").content == JPEG


@pytest.mark.parametrize(
    "origin",
    [
        "http://cdn.example.com", "ftp://cdn.example.com", "cdn.example.com", "https://cdn.example.com/path",
        "https://user@cdn.example.com", "https://*.example.com:x", "", "https://cdn.example.com?x=1",
        "http://10.0.0.1", "http://localhost.evil.example",
    ],
)  # fmt: skip
def test_origins_that_cannot_be_allowed(origin: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        PhotoDownloader([origin])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("::ffff:93.184.216.34", True),
        ("64:ff9b::5db8:d822", True), ("64:ff9b::7f00:1", False), ("127.0.0.1", False), ("127.9.9.9", False),
        ("0.0.0.0", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("240.0.0.1", False), ("192.0.2.1", False), ("198.18.0.1", False), ("::", False), ("::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:169.254.169.254", False), ("fe80::1%eth0", False),
        ("fe80::1", False), ("fc00::1", False), ("fd00:ec2::254", False), ("ff02::1", False),
        ("2002:7f00:1::", False), ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False), ("2001:db8::1", False),
        ("not an address", False), ("", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_loopback_addresses() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("x")


@pytest.mark.parametrize(
    "resolved", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["169.254.169.254"], ["::ffff:127.0.0.1"]]
)
@pytest.mark.asvs("A28")
def test_name_with_a_private_address_is_refused_before_connecting(
    monkeypatch: pytest.MonkeyPatch, resolved: list[str]
) -> None:
    connected = _resolve_to(monkeypatch, resolved)
    assert get_refusal(PhotoDownloader(["https://cdn.example.com"]), "https://cdn.example.com/p") == "address"
    assert connected == []


def test_a_loopback_origin_may_only_be_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = _resolve_to(monkeypatch, ["93.184.216.34"])
    assert get_refusal(PhotoDownloader(["http://localhost:5001"]), "http://localhost:5001/p") == "address"
    assert connected == []


def test_the_checked_address_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups = iter([["93.184.216.34"], ["127.0.0.1"]])
    connected = _resolve_to(monkeypatch, lookups)
    with pytest.raises(PhotoUnavailable):
        PhotoDownloader(["https://cdn.example.com"]).download("https://cdn.example.com/p")
    assert connected == [("93.184.216.34", 443)]
    assert next(lookups) == ["127.0.0.1"], "a second look-up is where a rebinding name would strike"


def _resolve_to(monkeypatch: pytest.MonkeyPatch, responses: Any) -> list[Any]:
    connected: list[Any] = []

    def resolve(_host: str, port: int, **_options: Any) -> list[Any]:
        found = responses if isinstance(responses, list) else next(responses)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def connect(_self: socket.socket, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return connected


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (Reply(401), PhotoExpired, "expired"),
        (Reply(403, b"<xml>"), PhotoExpired, "expired"),
        (Reply(410), PhotoExpired, "expired"),
        (Reply(404), PhotoUnavailable, "not found"),
        (Reply(204), PhotoUnavailable, "status"),
        (Reply(206, JPEG, TYPE), PhotoUnavailable, "status"),
        (Reply(302, b"", {"Location": "http://169.254.169.254/"}), PhotoUnavailable, "status"),
        (Reply(429), PhotoUnavailable, "status"),
        (Reply(500), PhotoUnavailable, "status"),
        (Reply(raw=close_socket), PhotoUnavailable, "no answer"),
        (Reply(200, b"<svg/>", {"Content-Type": "image/svg+xml"}), PhotoUnavailable, "not a photo"),
        (Reply(200, b"GIF89a", {"Content-Type": "image/gif"}), PhotoUnavailable, "not a photo"),
        (Reply(200, b"", TYPE), PhotoUnavailable, "not a photo"),
        (Reply(200, b"<html>", TYPE), PhotoUnavailable, "not a photo"),
        (Reply(200, JPEG, TYPE | {"Content-Encoding": "gzip"}), PhotoUnavailable, "content encoding"),
    ],
)
def test_what_is_not_a_photo(
    server: ScriptedServer, downloader: PhotoDownloader, reply: Reply, kind: type[PhotoError], reason: str
) -> None:
    server.set_replies(reply)
    with pytest.raises(PhotoError) as caught:
        downloader.download(f"{server.origin}/secret?signature=canary")
    assert (type(caught.value), caught.value.reason) == (kind, reason)
    assert caught.value.retryable is (kind is PhotoUnavailable)
    assert "canary" not in str(caught.value) + repr(caught.value) + repr(vars(caught.value))
    assert caught.value.__context__ is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("declared", [None, "binary/octet-stream", "image/png", "text/html", "application/json"])
@pytest.mark.parametrize(("content", "kind"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
def test_first_bytes_decide_the_type(
    server: ScriptedServer, downloader: PhotoDownloader, declared: str | None, content: bytes, kind: str
) -> None:
    server.set_replies(Reply(200, content, {"Content-Type": declared} if declared else {}))
    photo = downloader.download(f"{server.origin}/p")
    assert (photo.content, photo.content_type) == (content, kind)


def test_a_photo_cut_short(server: ScriptedServer, downloader: PhotoDownloader) -> None:
    def cut(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 999\r\n\r\n" + JPEG)
        sock.shutdown(socket.SHUT_RDWR)

    server.set_replies(Reply(raw=cut))
    with pytest.raises(PhotoUnavailable):
        downloader.download(f"{server.origin}/p")


@pytest.mark.parametrize("size", [1000, 1001])
@pytest.mark.asvs("A30")
def test_the_byte_cap(server: ScriptedServer, size: int) -> None:
    downloader = PhotoDownloader([server.origin], byte_cap=1000)
    server.set_replies(Reply(200, JPEG.ljust(size, b"\0"), TYPE))
    if size > 1000:
        with pytest.raises(PhotoTooLarge):
            downloader.download(f"{server.origin}/p")
    else:
        assert len(downloader.download(f"{server.origin}/p").content) == size


def test_endless_body_is_cut_at_the_byte_cap(server: ScriptedServer) -> None:
    sent = 0

    def pour(sock: socket.socket) -> None:
        nonlocal sent
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff")
        while sent < 100:
            sock.sendall(b"\0" * 1_000_000)
            sent += 1

    server.set_replies(Reply(raw=pour))
    with pytest.raises(PhotoTooLarge):
        PhotoDownloader([server.origin], byte_cap=2_000_000).download(f"{server.origin}/p")
    assert sent < 50


def test_photo_that_stops_halfway_is_unavailable(server: ScriptedServer) -> None:
    server.set_replies(Reply(200, JPEG, TYPE | {"Content-Length": "9999"}))
    with pytest.raises(PhotoUnavailable) as caught:
        PhotoDownloader([server.origin], total_s=2.0).download(f"{server.origin}/p")
    assert caught.value.reason == "timeout"
    assert caught.value.retryable
    # The server reads what was sent even if the client has given up by then.
    wait_until(lambda: server.requests)
    assert len(server.requests) == 1


@pytest.mark.asvs("A30")
def test_slow_download_ends_at_the_total_deadline(server: ScriptedServer) -> None:
    def drip(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff")
        for _ in range(int(SILENT_SECONDS / 0.05)):
            sock.sendall(b"\0")
            time.sleep(0.05)

    server.set_replies(Reply(raw=drip))
    started = time.monotonic()
    with pytest.raises(PhotoUnavailable) as caught:
        PhotoDownloader([server.origin], total_s=1.0).download(f"{server.origin}/p")
    assert caught.value.reason == "timeout"
    assert 0.9 < time.monotonic() - started < END_SECONDS


def test_many_threads_share_one_downloader(server: ScriptedServer) -> None:
    downloader = PhotoDownloader([server.origin])
    server.set_replies(lambda requested: Reply(200, JPEG + requested.path.encode(), TYPE))
    found: dict[int, bytes] = {}

    def fetch(number: int) -> None:
        found[number] = downloader.download(f"{server.origin}/{number}").content

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: JPEG + f"/{number}".encode() for number in range(16)}
