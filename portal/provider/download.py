"""Downloads one photo from the provider; the only place that requests a URL found in a response."""

import io
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3 import BaseHTTPResponse, HTTPConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from portal.domain.renditions import MAX_PHOTO_BYTES
from portal.http_client.connection import CONNECT_S, READ_S, AddressRefused, open_deadline
from portal.http_client.pools import build_pool
from portal.http_client.proxies import is_loopback_host
from portal.provider.errors import PhotoError, PhotoExpired, PhotoRefused, PhotoTooLarge, PhotoUnavailable

TOTAL_S = 30.0
CHUNK = 64 * 1024
_MAX_URL = 8192
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OK = 200
_NOT_FOUND = 404
_EXPIRED = frozenset({401, 403, 410})
_TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError)

Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class DownloadedPhoto:
    """The bytes as sent and their media type by the first of them."""

    content: bytes = field(repr=False)
    content_type: str


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, seen through the ways IPv6 can wrap an IPv4 one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.sixtofour is not None or ip.teredo is not None:
            return False
        inner = ip.ipv4_mapped
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_loopback(address: str) -> bool:
    """Whether an address is this machine."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


class PhotoDownloader:
    """Downloads photos from configured origins only. Safe to share between threads; make one per process.

    `allowed_origins` are like `https://cdn.example.com`; plain http and other ports count only as written
    there, and plain http only for this machine. `byte_cap` in bytes, `total_s` in seconds. Raises ValueError
    for an origin that cannot be allowed.
    """

    def __init__(
        self, allowed_origins: Iterable[str], *, byte_cap: int = MAX_PHOTO_BYTES, total_s: float = TOTAL_S
    ) -> None:
        self._byte_cap = byte_cap
        self._total_s = total_s
        self._pools = {origin: _build_pool(origin) for origin in map(_parse_origin, allowed_origins)}

    def download(self, url: str) -> DownloadedPhoto:
        """The photo at an address.

        Raises PhotoRefused (the address or the content breaks a rule), PhotoTooLarge, PhotoExpired (ask for
        a fresh address), PhotoUnavailable (retryable). No redirect is followed.
        """
        parts = _parse_url(url)
        pool = self._pools.get(_get_origin(parts))
        if pool is None:
            raise PhotoRefused("origin")
        outcome = self._request(pool, parts)
        if isinstance(outcome, PhotoError):
            raise outcome
        return outcome

    def _request(self, pool: HTTPConnectionPool, parts: SplitResult) -> DownloadedPhoto | PhotoError:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with open_deadline(self._total_s):
                response = pool.urlopen(
                    "GET",
                    target,
                    headers={
                        "Accept": "image/*",
                        "Accept-Encoding": "identity",
                        "User-Agent": "headshot-portal",
                    },
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                    timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
                )
                try:
                    return self._read(response)
                finally:
                    response.close()
        except AddressRefused:
            return PhotoRefused("address")
        except (HTTPError, OSError) as problem:
            # urllib3 counts a refused connection as one kind of connect timeout.
            slow = isinstance(problem, _TIMEOUTS) and not isinstance(problem, NewConnectionError)
            return PhotoUnavailable("timeout" if slow else "no answer")

    def _read(self, response: BaseHTTPResponse) -> DownloadedPhoto | PhotoError:
        refusal = _find_status_error(response.status)
        if refusal is not None:
            return refusal
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            return PhotoUnavailable("content encoding")
        content = io.BytesIO()
        for chunk in response.stream(CHUNK, decode_content=False):
            content.write(chunk)
            if content.tell() > self._byte_cap:
                return PhotoTooLarge("too large", status=response.status)
        # Its own buffer, not a copy: three photos of the largest size are held at a time.
        whole = content.getvalue()
        content_type = _detect_type(whole)
        if content_type is None:
            return PhotoUnavailable("not a photo", status=response.status)
        return DownloadedPhoto(whole, content_type)


def _find_status_error(status: int) -> PhotoError | None:
    """Return the error for a status; every failure of the server may be over at the next attempt."""
    if status == _OK:
        return None
    if status in _EXPIRED:
        return PhotoExpired("expired", status=status)
    return PhotoUnavailable("not found" if status == _NOT_FOUND else "status", status=status)


def _detect_type(content: bytes) -> str | None:
    """Return the media type by the first bytes; the header of the response is not trusted."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def _parse_url(url: object) -> SplitResult:
    """The parts of an address that has nothing in it two parsers could read differently."""
    if not isinstance(url, str) or not 0 < len(url) <= _MAX_URL:
        raise PhotoRefused("url")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise PhotoRefused("url characters")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise PhotoRefused("url") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise PhotoRefused("scheme")
    if "@" in parts.netloc or parts.netloc.endswith(":"):
        raise PhotoRefused("authority")
    return parts


def _get_origin(parts: SplitResult) -> Origin:
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    return parts.scheme, parts.hostname or "", port


def _parse_origin(text: str) -> Origin:
    try:
        parts = _parse_url(text.rstrip("/"))
    except PhotoRefused as refusal:
        raise ValueError(f"not a photo origin ({refusal.reason}): {text!r}") from None
    origin = _get_origin(parts)
    if parts.path or parts.query or parts.fragment:
        raise ValueError(f"a photo origin has no path: {text!r}")
    if origin[0] == "http" and not is_loopback_host(origin[1]):
        raise ValueError(f"plain http is only for a photo origin on this machine: {text!r}")
    return origin


def _build_pool(origin: Origin) -> HTTPConnectionPool:
    scheme, host, port = origin
    check = is_loopback if is_loopback_host(host) else is_public
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return build_pool(f"{scheme}://{authority}", may_connect=check, maxsize=4)
