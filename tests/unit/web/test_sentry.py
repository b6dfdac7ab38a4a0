"""The content of error reports: what and where, no personal data."""

from __future__ import annotations

import gzip
import json
import logging
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import brotli
import pytest

from portal.settings import Settings
from portal.web.observability import sentry

CANARY = "ada@canary.example"


class _Collector(BaseHTTPRequestHandler):
    received: list[bytes]

    def do_POST(self) -> None:
        """Keep an envelope."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        decode = {"gzip": gzip.decompress, "br": brotli.decompress}
        body = decode.get(self.headers.get("Content-Encoding", ""), bytes)(body)
        self.received.append(body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes reports, and what it got."""
    handler = type("Handler", (_Collector,), {"received": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", handler.received  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def _fail_on(address: str) -> None:
    raise ValueError(f"cannot use {address}")


def test_a_fault_is_reported_without_data(
    collector: tuple[str, list[bytes]], portal_settings: Callable[..., Settings]
) -> None:
    dsn, received = collector
    import sentry_sdk  # noqa: PLC0415

    sentry.init_sentry(portal_settings(sentry_dsn=dsn))
    try:
        try:
            _fail_on(CANARY)
        except ValueError:
            logging.getLogger("portal.test").exception("%s broke", CANARY, extra={"task": "photos.copy", "who": CANARY})
        sentry_sdk.flush(5)
    finally:
        sentry_sdk.get_client().close()
        sentry_sdk.get_global_scope().set_client(None)
    text = b"\n".join(received).decode()
    assert "ValueError" in text
    assert "photos.copy" in text
    assert "test_sentry" in text
    assert CANARY not in text


def test_nothing_is_loaded_without_an_address(
    portal_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    sentry.init_sentry(portal_settings())


def test_scrubbing_an_empty_event_is_harmless() -> None:
    event: Any = {}
    assert json.dumps(sentry.scrub_event(event, {}))
