"""Restricts the dashboard and the control plane to loopback clients and same-origin pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, request

LOCAL_ADDRESSES = ("127.0.0.1", "::1")
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
FORWARDING_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def restrict_to_loopback(blueprint: Blueprint) -> None:
    """Respond 403 to requests that are not from this machine or not from the same origin."""

    @blueprint.before_request
    def check() -> None:
        name = urlsplit(f"//{request.host}").hostname
        relayed = any(header in request.headers for header in FORWARDING_HEADERS)
        # Checking the host name as well prevents DNS rebinding.
        if request.remote_addr not in LOCAL_ADDRESSES or name not in LOCAL_HOSTS or relayed:
            abort(403)
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD") and origin not in (None, request.host_url.rstrip("/")):
            abort(403)
