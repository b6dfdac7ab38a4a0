"""Connection pools whose sockets keep a deadline, direct or through the proxy of the environment."""

from __future__ import annotations

from collections.abc import Callable

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, proxy_from_url

from portal.http_client.connection import TimedHTTPConnection, TimedHTTPSConnection
from portal.http_client.proxies import build_proxy_headers, find_ca_bundle, find_proxy

AddressCheck = Callable[[str], bool]


class TimedHTTPPool(HTTPConnectionPool):
    """A pool of plain HTTP connections with a deadline."""

    ConnectionCls = TimedHTTPConnection


class TimedHTTPSPool(HTTPSConnectionPool):
    """A pool of HTTPS connections with a deadline."""

    ConnectionCls = TimedHTTPSConnection


def set_timed_pools(manager: PoolManager) -> None:
    """Make a pool manager create pools whose connections keep a deadline."""
    manager.pool_classes_by_scheme = {"http": TimedHTTPPool, "https": TimedHTTPSPool}


def build_pool(origin: str, *, may_connect: AddressCheck, maxsize: int) -> HTTPConnectionPool:
    """Build the connection pool of one origin.

    Args:
        origin: scheme, host and port, such as ``https://cdn.example.com``.
        may_connect: whether an IP address that the host resolves to may be connected to. Not applied through a
            proxy, which resolves the host itself.
        maxsize: connections that are kept open.
    """
    proxy = find_proxy(origin)
    manager = (
        PoolManager(maxsize=maxsize)
        if proxy is None
        else proxy_from_url(proxy, maxsize=maxsize, proxy_headers=build_proxy_headers(proxy))
    )
    manager.connection_pool_kw |= {"cert_reqs": "CERT_REQUIRED", "ca_certs": find_ca_bundle()}
    set_timed_pools(manager)
    pool = manager.connection_from_url(origin)
    if proxy is None:
        pool.ConnectionCls = _build_connection_class(pool.scheme, may_connect)
    return pool


def _build_connection_class(scheme: str | None, check: AddressCheck) -> type[TimedHTTPConnection]:
    base = TimedHTTPSConnection if scheme == "https" else TimedHTTPConnection
    return type(f"Checked{base.__name__}", (base,), {"may_connect": staticmethod(check)})
