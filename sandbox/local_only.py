"""Keeps the dashboard and the control plane to this machine and to their own pages; no passwords."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, request

LOCAL_ADDRESSES = ("127.0.0.1", "::1")
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def guard(blueprint: Blueprint) -> None:
    """Answer 403 to anyone but a process or browser page on this machine."""

    @blueprint.before_request
    def check() -> None:
        name = urlsplit(f"//{request.host}").hostname
        relayed = any(header in request.headers for header in FORWARDING)
        # The name is checked too: a web page elsewhere can make its own name point to 127.0.0.1.
        if request.remote_addr not in LOCAL_ADDRESSES or name not in LOCAL_NAMES or relayed:
            abort(403)
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD") and origin not in (None, request.host_url.rstrip("/")):
            abort(403)
