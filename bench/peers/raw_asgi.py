"""A minimal ASGI stream: one event, then heartbeats, without sessions or updates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

_HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
_HEARTBEAT_SECONDS = 20


async def application(
    scope: dict[str, Any], _receive: Callable[[], Awaitable[Any]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Stream until the other side goes."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"event: stage\ndata: 0\n\n", "more_body": True})
    while True:
        await asyncio.sleep(_HEARTBEAT_SECONDS)
        await send({"type": "http.response.body", "body": b": still here\n\n", "more_body": True})
