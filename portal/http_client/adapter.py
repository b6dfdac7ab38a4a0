"""The requests adapter of all API calls: one deadline, a byte cap, timed sockets and the proxy rule."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import ProxyManager
from urllib3.exceptions import DecodeError, HTTPError

from portal.http_client.connection import CONNECT_S, READ_S, open_deadline
from portal.http_client.pools import set_timed_pools
from portal.http_client.proxies import find_ca_bundle, find_proxy

_CHUNK_BYTES = 64 * 1024


class ResponseTooLarge(requests.RequestException):
    """The response body exceeds the byte cap."""


class CappedAdapter(HTTPAdapter):
    """Reads each response completely, within ``total_s`` seconds and ``byte_cap`` bytes (decoded).

    Raises:
        ResponseTooLarge: the body exceeds the cap.
        requests.RequestException: there is no complete response in time; ``response`` is set if the headers arrived.
    """

    def __init__(self, *, total_s: float, byte_cap: int, pool_maxsize: int = 20) -> None:
        self._total_s = total_s
        self._byte_cap = byte_cap
        super().__init__(pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the pool manager of direct calls."""
        super().init_poolmanager(*args, **options)
        set_timed_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> ProxyManager:
        """Return the pool manager of calls through a proxy."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        set_timed_pools(manager)
        return manager

    def send(  # noqa: PLR0917 - the signature of the overridden method
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the body is always read completely
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - one rule for all calls
    ) -> requests.Response:
        """Send the request and read the body before returning."""
        proxy = find_proxy(request.url or "")
        with open_deadline(self._total_s):
            response = super().send(
                request,
                stream=True,
                timeout=timeout or (CONNECT_S, READ_S),
                verify=verify,
                cert=cert,
                proxies={} if proxy is None else {"https": proxy},
            )
            response.raw = io.BytesIO(self._read_body(response))
        # The body is decoded: requests must not try again.
        response.headers.pop("Content-Encoding", None)
        return response

    def _read_body(self, response: requests.Response) -> bytes:
        body = bytearray()
        try:
            for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=True):
                body += chunk
                if len(body) > self._byte_cap:
                    break
        except DecodeError as error:
            raise requests.exceptions.ContentDecodingError(error, response=response) from error
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError(error, response=response) from error
        finally:
            # A connection whose body was not read to the end cannot be reused.
            response.raw.close()
        if len(body) > self._byte_cap:
            raise ResponseTooLarge(response=response)
        return bytes(body)


def build_session(*, total_s: float, byte_cap: int) -> requests.Session:
    """Build a session without cookies whose calls go through :class:`CappedAdapter`."""
    session = requests.Session()
    configure_session(session, CappedAdapter(total_s=total_s, byte_cap=byte_cap))
    return session


def configure_session(session: requests.Session, adapter: HTTPAdapter) -> None:
    """Mount the adapter on a session and detach the session from the environment, except for the CA bundle."""
    # No .netrc: it would replace the Authorization header. The adapter applies the proxy rule.
    session.trust_env = False
    session.verify = find_ca_bundle()
    session.cookies = _NoCookies()
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)


class _NoCookies(RequestsCookieJar):
    def set_cookie(self, *_args: Any, **_options: Any) -> None:
        """Ignore the cookie: API calls carry their own credentials."""
