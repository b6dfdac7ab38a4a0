"""Signed, expiring photo URLs. The signature is the only authorization."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from sandbox.clock import format_iso
from sandbox.core import Sandbox
from sandbox.picture_files import SIZES
from sandbox.store.photos import Photo


def build_photo_urls(sandbox: Sandbox, photo: Photo, include_all: bool) -> tuple[dict[str, str], str]:
    """Return new URLs by size, and the ISO time at which they expire."""
    end = sandbox.clock.now() + timedelta(hours=sandbox.switches.photo_url_hours)
    expires = int(end.timestamp())
    sizes = SIZES if include_all else ("main",)
    urls = {size: _build_url(sandbox, photo, size, expires) for size in sizes}
    return urls, format_iso(end)


def is_valid_url(sandbox: Sandbox, photo: Photo, size: str, expires: str, signature: str) -> bool:
    """Return whether the signature is valid and the URL has not expired."""
    if not (expires.isascii() and expires.isdigit()) or not signature.isascii():
        return False
    expected = _sign(sandbox, photo, size, int(expires))
    return hmac.compare_digest(expected, signature) and sandbox.clock.now().timestamp() < int(expires)


def _build_url(sandbox: Sandbox, photo: Photo, size: str, expires: int) -> str:
    signature = _sign(sandbox, photo, size, expires)
    path = f"/photos/{photo.model_id}/{photo.id}/{size}.jpg"
    return f"{sandbox.public_url}{path}?expires={expires}&signature={signature}"


def _sign(sandbox: Sandbox, photo: Photo, size: str, expires: int) -> str:
    signed = f"{photo.model_id}/{photo.id}/{size}/{expires}/{photo.url_epoch}"
    return hmac.new(sandbox.get_url_secret(), signed.encode(), hashlib.sha256).hexdigest()
