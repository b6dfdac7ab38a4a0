"""Runs the sandbox as a process: command line arguments, listening socket and signals."""

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
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.app import create_sandbox, stop_sandbox
from sandbox.brands import BRANDS
from sandbox.closing_handler import ClosingHandler, record_bodies
from sandbox.config import SandboxConfig
from sandbox.errors import BadSettingError
from sandbox.store.database import DataVersionError

USAGE_ERROR = 2


class _SilentHandler(ClosingHandler):
    """Writes no access log, since its lines would contain tokens."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Drop the line. The middleware logs requests without secrets."""


@dataclass(frozen=True, slots=True)
class BoundServer:
    """A server that is bound to its port and does not serve yet."""

    server: BaseWSGIServer
    app: Flask
    url: str

    def serve_requests(self) -> None:
        """Serve until `stop` is called."""
        self.server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Stop serving. Must be called from another thread."""
        self.server.shutdown()

    def close(self) -> None:
        """Release all resources after `serve` has returned."""
        self.server.server_close()
        stop_sandbox(self.app)


def bind_server(config: SandboxConfig, host: str = "127.0.0.1", port: int = 0, public_url: str = "") -> BoundServer:
    """Bind a port (0: any free one) and build the app behind it.

    Raises:
        OSError: the port is in use.
        BadSettingError: a switch in the configuration is invalid.
    """
    try:
        server = make_server(
            host, port, record_bodies(_respond_not_ready), threaded=True, request_handler=_SilentHandler
        )
    except SystemExit as exc:  # Werkzeug's way to report a port in use
        raise OSError(f"cannot listen on {host}:{port}, the address is in use or not local") from exc
    url = public_url.rstrip("/") or f"http://{host}:{server.server_port}"
    try:
        app = create_sandbox(replace(config, public_url=url))
    except BaseException:
        server.server_close()
        raise
    server.app = record_bodies(app)
    return BoundServer(server, app, url)


def run_server(config: SandboxConfig, host: str = "127.0.0.1", port: int = 5001, public_url: str = "") -> int:
    """Serve until SIGTERM or SIGINT. Print one line when ready and return the exit code."""
    listening = bind_server(config, host, port, public_url)

    def end(_number: int, _frame: object) -> None:
        threading.Thread(target=listening.stop, daemon=True).start()

    previous = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    sys.stdout.write(f"sandbox ready http://{host}:{listening.server.server_port}\n")
    sys.stdout.flush()
    try:
        listening.serve_requests()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        listening.close()
    return 0


def main(argv: list[str]) -> int:
    """Run `python -m sandbox` with these arguments and return the exit code."""
    parser = _build_parser()
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        config = _build_config(arguments)
        return run_server(config, arguments.host, arguments.port, arguments.public_url)
    except (BadSettingError, DataVersionError, ValueError, OSError) as exc:
        parser.print_usage(sys.stderr)
        sys.stderr.write(f"sandbox: {exc}\n")
        return USAGE_ERROR


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The sandbox headshot provider.")
    add = parser.add_argument
    add("--brand", choices=sorted(BRANDS), default="profilebakery")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=5001, help="0 for a free one")
    add("--public-url", default="", help="URL for browsers, if not http://HOST:PORT")
    add("--data", type=Path, default=Path("var/sandbox"), help="folder for its state")
    add("--speed", type=float, help="factor by which sessions and retries run faster than real time")
    add("--api-key", help="the API key; without it, create one on the dashboard")
    add("--webhook-url")
    add("--webhook-secret", help="64 hexadecimal characters")
    add("--credits", type=_parse_decimal)
    add("--organization", help="organization name")
    add("--smtp-port", type=int, help="receive mails on this port and show them at /mails")
    add("--whitelabel", choices=("on", "off"))
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="set any switch, value in JSON")
    return parser


def _build_config(arguments: argparse.Namespace) -> SandboxConfig:
    switches = dict(_parse_setting(text) for text in arguments.set)
    if arguments.speed is not None:
        switches["speed"] = arguments.speed
    if arguments.whitelabel is not None:
        switches["whitelabel"] = arguments.whitelabel == "on"
    return SandboxConfig(
        data_dir=arguments.data,
        brand=arguments.brand,
        api_key=arguments.api_key,
        webhook_url=arguments.webhook_url,
        webhook_secret=arguments.webhook_secret,
        credits=arguments.credits,
        organization_name=arguments.organization,
        switches=switches,
        smtp_port=arguments.smtp_port,
    )


def _parse_setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--set needs NAME=VALUE, not {text!r}")
    with contextlib.suppress(msgspec.DecodeError):
        return name, msgspec.json.decode(value)
    return name, value


def _parse_decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as exc:
        raise argparse.ArgumentTypeError(f"not a number: {text!r}") from exc


def _respond_not_ready(_environ: object, start_response: Any) -> list[bytes]:
    """Respond 503 between binding the port and building the app."""
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []
