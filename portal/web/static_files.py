"""Static files, served before the app and compressed; versioned addresses are cached without expiry."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

import brotli
from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from portal.settings import Settings
from portal.web.context import EXTENSION
from portal.web.security.headers import HSTS

BUNDLE = "css/portal.css"
# The stylesheets of every page, bundled in this order to save requests.
BUNDLED = (
    "tokens",
    "base",
    "header",
    "buttons",
    "forms",
    "messages",
    "lists",
    "tables",
    "pictures",
    "overlays",
    "charts",
)
# 11 would save another tenth of the bytes and add a third of a second to every start.
_BROTLI_QUALITY = 5
_VERSIONED = re.compile(r"/static/[0-9a-f]{12}/")


def compute_version(folder: Path) -> str:
    """Return 12 hexadecimal digits that change when any file of the folder changes."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def init_app(app: Flask, folder: Path, version: str) -> None:
    """Serve the folder below ``/static/<version>/`` without expiry, and below ``/static/`` for a minute.

    Scripts import each other by relative addresses, so the version is part of the path, not of the query.
    """
    settings: Settings = app.extensions[EXTENSION].settings
    served = _Files(
        app.wsgi_app,
        max_age=60,
        allow_all_origins=False,
        add_headers_function=partial(_add_headers, settings),
        immutable_file_test=lambda _path, url: url.startswith(f"/static/{version}/"),
    )
    prepared = str(_prepare(folder, version))
    served.add_files(prepared, prefix=f"static/{version}/")
    served.add_files(prepared, prefix="static/")
    app.wsgi_app = served  # type: ignore[method-assign]


@cache
def _prepare(folder: Path, _version: str) -> Path:
    """Return a temporary copy of the folder with the bundle and compressed files; removed when the process ends."""
    prepared = Path(tempfile.mkdtemp(prefix="portal-static-"))
    atexit.register(_remove, prepared, os.getpid())
    shutil.copytree(folder, prepared, dirs_exist_ok=True)
    parts = (prepared / "css" / f"{name}.css" for name in BUNDLED)
    (prepared / BUNDLE).write_bytes(b"".join(part.read_bytes() for part in parts if part.exists()))
    compressor = _FastCompressor(quiet=True)
    for path in [each for each in prepared.rglob("*") if each.is_file() and compressor.should_compress(each.name)]:
        compressor.compress(str(path))
    return prepared


def _remove(prepared: Path, pid: int) -> None:
    # Web processes are forked from the one that created it and share the files.
    if os.getpid() == pid:
        shutil.rmtree(prepared, ignore_errors=True)


class _FastCompressor(Compressor):  # type: ignore[misc]  # the package has no types
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        compressed: bytes = brotli.compress(data, quality=_BROTLI_QUALITY)
        return compressed


class _Files(WhiteNoise):  # type: ignore[misc]  # the package has no types
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path not in self.files and _VERSIONED.match(path):
            # A page of another release, during a deployment: the current file, with a short cache lifetime.
            environ["PATH_INFO"] = _VERSIONED.sub("/static/", path, count=1)
        return super().__call__(environ, start_response)


def _add_headers(settings: Settings, headers: Headers, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # An SVG that is opened directly is a document; it must not run scripts.
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    if settings.is_secure:
        headers["Strict-Transport-Security"] = HSTS
