"""Signed addresses of photos that die after a while; the signature is the only thing that opens one."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from sandbox.clock import iso
from sandbox.core import Sandbox
from sandbox.picture_files import SIZES
from sandbox.store.photos import Photo


def photo_urls(sandbox: Sandbox, photo: Photo, include_all: bool) -> tuple[dict[str, str], str]:
    """Return fresh addresses by size and the ISO time at which they die."""
    end = sandbox.clock.now() + timedelta(hours=sandbox.switches.photo_url_hours)
    expires = int(end.timestamp())
    sizes = SIZES if include_all else ("main",)
    urls = {size: _url(sandbox, photo, size, expires) for size in sizes}
    return urls, iso(end)


def is_alive(sandbox: Sandbox, photo: Photo, size: str, expires: str, signature: str) -> bool:
    """Tell whether the address was issued here and has not died."""
    if not (expires.isascii() and expires.isdigit()) or not signature.isascii():
        return False
    wanted = _signature(sandbox, photo, size, int(expires))
    return hmac.compare_digest(wanted, signature) and sandbox.clock.now().timestamp() < int(expires)


def _url(sandbox: Sandbox, photo: Photo, size: str, expires: int) -> str:
    signature = _signature(sandbox, photo, size, expires)
    path = f"/photos/{photo.model_id}/{photo.id}/{size}.jpg"
    return f"{sandbox.public_url}{path}?expires={expires}&signature={signature}"


def _signature(sandbox: Sandbox, photo: Photo, size: str, expires: int) -> str:
    signed = f"{photo.model_id}/{photo.id}/{size}/{expires}/{photo.url_epoch}"
    return hmac.new(sandbox.url_secret(), signed.encode(), hashlib.sha256).hexdigest()
