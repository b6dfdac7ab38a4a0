"""Runs the sandbox as a process: arguments, the listening socket, signals; no behaviour of the API."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
import threading
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.app import create_sandbox, stop_sandbox
from sandbox.brands import BRANDS
from sandbox.config import SandboxConfig
from sandbox.errors import BadSettingError
from sandbox.store.database import StaleDataError

USAGE_ERROR = 2


class _Handler(WSGIRequestHandler):
    """Says nothing of its own: its log lines would hold tokens."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Drop the line; the traffic log has one without secrets."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A server bound to its port, not yet serving."""

    server: BaseWSGIServer
    app: Flask
    url: str

    def serve(self) -> None:
        """Serve until `stop`."""
        self.server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Stop serving and end the threads; safe to call from another thread only."""
        self.server.shutdown()

    def close(self) -> None:
        """Give everything back after `serve` has returned."""
        self.server.server_close()
        stop_sandbox(self.app)


def listen(config: SandboxConfig, host: str = "127.0.0.1", port: int = 0, public_url: str = "") -> Listening:
    """Bind a port (0: any free one) and build the app behind it.

    Raises:
        OSError: the port is taken.
        BadSettingError: a switch given at start is wrong.
    """
    try:
        server = make_server(host, port, _not_ready, threaded=True, request_handler=_Handler)
    except SystemExit as exc:  # the way Werkzeug reports a port it cannot have
        raise OSError(f"cannot listen on {host}:{port}, the address is in use or not ours") from exc
    url = public_url.rstrip("/") or f"http://{host}:{server.server_port}"
    try:
        app = create_sandbox(replace(config, public_url=url))
    except BaseException:
        server.server_close()
        raise
    server.app = app
    return Listening(server, app, url)


def run(config: SandboxConfig, host: str = "127.0.0.1", port: int = 5001, public_url: str = "") -> int:
    """Serve until SIGTERM or SIGINT; prints one line when ready and returns the exit code."""
    listening = listen(config, host, port, public_url)

    def end(_number: int, _frame: object) -> None:
        threading.Thread(target=listening.stop, daemon=True).start()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    sys.stdout.write(f"sandbox ready http://{host}:{listening.server.server_port}\n")
    sys.stdout.flush()
    try:
        listening.serve()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        listening.close()
    return 0


def main(argv: list[str]) -> int:
    """Run `python -m sandbox` with these arguments and return the exit code."""
    parser = _parser()
    told = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        config = _config(told)
        return run(config, told.host, told.port, told.public_url)
    except (BadSettingError, StaleDataError, ValueError, OSError) as exc:
        parser.print_usage(sys.stderr)
        sys.stderr.write(f"sandbox: {exc}\n")
        return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The stand-in headshot provider.")
    add = parser.add_argument
    add("--brand", choices=sorted(BRANDS), default="profilebakery")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=5001, help="0 takes a free one")
    add("--public-url", default="", help="where browsers reach it, if not http://HOST:PORT")
    add("--data", type=Path, default=Path("var/sandbox"), help="folder that keeps its state")
    add("--speed", type=float, help="how many times faster than life sessions and retries run")
    add("--api-key", help="the key in force; without it, make one on the dashboard")
    add("--webhook-url")
    add("--webhook-secret", help="64 hexadecimal characters")
    add("--credits", type=_decimal)
    add("--organization", help="its name")
    add("--whitelabel", choices=("on", "off"))
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="set any switch, value in JSON")
    return parser


def _config(told: argparse.Namespace) -> SandboxConfig:
    switches = dict(_setting(text) for text in told.set)
    if told.speed is not None:
        switches["speed"] = told.speed
    if told.whitelabel is not None:
        switches["whitelabel"] = told.whitelabel == "on"
    return SandboxConfig(
        data_dir=told.data,
        brand=told.brand,
        api_key=told.api_key,
        webhook_url=told.webhook_url,
        webhook_secret=told.webhook_secret,
        credits=told.credits,
        organization_name=told.organization,
        switches=switches,
    )


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--set wants NAME=VALUE, not {text!r}")
    with contextlib.suppress(msgspec.DecodeError):
        return name, msgspec.json.decode(value)
    return name, value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as exc:
        raise argparse.ArgumentTypeError(f"not a number: {text!r}") from exc


def _not_ready(_environ: object, start_response: Any) -> list[bytes]:
    """Answer the instant between binding the port and the app being built."""
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []
