"""Runs a sandbox in a thread on a free port, for tests of API clients."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.app import get_sandbox
from sandbox.config import SandboxConfig
from sandbox.core import Sandbox
from sandbox.server import bind_server

API_KEY = "sandbox-test-key"
WEBHOOK_SECRET = "0123456789abcdef" * 4


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A running sandbox. URLs have no trailing slash."""

    base_url: str
    api_url: str
    control_url: str
    api_key: str
    webhook_secret: str
    sandbox: Sandbox


@contextmanager
def start_sandbox(
    brand: str = "profilebakery",
    *,
    webhook_url: str | None = None,
    webhook_secret: str = WEBHOOK_SECRET,
    api_key: str = API_KEY,
    credits: int | str = 100,
    speed: float = 1.0,
    switches: Mapping[str, Any] | None = None,
    data_dir: Path | None = None,
    port: int = 0,
) -> Iterator[RunningSandbox]:
    """Run a sandbox for the duration of the block. Without `data_dir`, its state is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        config = SandboxConfig(
            data_dir=data_dir or Path(folder),
            brand=brand,
            api_key=api_key,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            credits=Decimal(credits),
            switches={"speed": speed, **(switches or {})},
        )
        listening = bind_server(config, port=port)
        thread = threading.Thread(target=listening.serve_requests, name="sandbox-server", daemon=True)
        thread.start()
        url = listening.url
        try:
            yield RunningSandbox(
                url, f"{url}/api/v2", f"{url}/_control", api_key, webhook_secret, get_sandbox(listening.app)
            )
        finally:
            listening.stop()
            thread.join(15)
            listening.close()
