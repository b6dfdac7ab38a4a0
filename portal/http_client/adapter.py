"""Calls to the identity provider: one deadline, a byte cap, no redirects; what answers mean is not judged."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from portal.http_client.connection import CONNECT_S, TimedHTTPConnection, TimedHTTPSConnection, deadline

TOTAL_S = 5.0
BYTE_CAP = 256 * 1024


class ResponseTooLarge(requests.RequestException):
    """The identity provider sent more than any honest answer needs."""


class _TimedHTTPPool(HTTPConnectionPool):
    ConnectionCls = TimedHTTPConnection


class _TimedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = TimedHTTPSConnection


class CappedAdapter(HTTPAdapter):
    """Reads each answer whole, within :data:`TOTAL_S` seconds and :data:`BYTE_CAP` bytes, or raises."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Use sockets that keep a deadline even when an answer drips."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _TimedHTTPPool, "https": _TimedHTTPSPool}

    def send(  # noqa: PLR0917 - the signature of what it overrides
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - an answer is always read whole here
        timeout: Any = None,  # noqa: ARG002 - one limit for every call
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send, and read the answer before returning it."""
        # A compressed answer could unpack to more than the cap.
        request.headers["Accept-Encoding"] = "identity"
        with deadline(TOTAL_S):
            response = super().send(
                request,
                stream=True,
                timeout=(CONNECT_S, TOTAL_S),
                verify=verify,
                cert=cert,
                proxies=proxies,
            )
            response.raw = io.BytesIO(_read(response))
        return response


def _read(response: requests.Response) -> bytes:
    try:
        body: bytes = response.raw.read(BYTE_CAP + 1, decode_content=False)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.ConnectionError("the answer broke off") from error
    finally:
        response.raw.close()
    if len(body) > BYTE_CAP:
        raise ResponseTooLarge
    return body
