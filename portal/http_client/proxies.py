"""The proxy and the CA bundle of outbound calls, from the environment: one rule for every call the portal makes.

``HTTPS_PROXY`` (or ``ALL_PROXY``) applies to every https call unless ``NO_PROXY`` names the host. Calls to this
machine, the only ones over plain http, never use a proxy.
"""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import certifi
from requests.utils import get_environ_proxies, select_proxy
from urllib3.util import make_headers


def find_proxy(url: str) -> str | None:
    """Return the URL of the proxy for a call to ``url``, None if it is called directly."""
    parts = urlsplit(url)
    if parts.scheme != "https" or is_loopback_host(parts.hostname or ""):
        return None
    proxy = select_proxy(url, get_environ_proxies(url))
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def build_proxy_headers(proxy: str) -> dict[str, str]:
    """Return the ``Proxy-Authorization`` header for the credentials in a proxy's URL, empty without them."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return dict(make_headers(proxy_basic_auth=credentials))


def find_ca_bundle() -> str:
    """Return the path of the trusted certificates: ``REQUESTS_CA_BUNDLE``, else the ones of certifi."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()


def is_loopback_host(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False
