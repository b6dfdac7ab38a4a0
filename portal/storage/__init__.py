"""Object storage: one small protocol, implemented by a local folder and an S3-compatible bucket."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from portal.storage.errors import InvalidKey, ObjectMissing, StorageError, StorageFull, StorageUnavailable
from portal.storage.keys import build_object_key
from portal.storage.local import LocalStorage
from portal.storage.protocol import Storage
from portal.storage.s3 import S3Storage

__all__ = [
    "InvalidKey",
    "LocalStorage",
    "ObjectMissing",
    "S3Storage",
    "Storage",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "build_object_key",
    "create_storage",
]


def create_storage(url: str) -> Storage:
    """Return the storage at ``url``: ``file:///folder`` or ``s3://bucket/prefix``.

    Neither is written or read yet. For S3 the credentials, region and ``AWS_ENDPOINT_URL`` come from the
    environment, as every S3 tool reads them.

    Raises:
        ValueError: it is neither.
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("A storage URL has a place and nothing else: no query, no credentials")
    if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
        return LocalStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return S3Storage(parts.netloc, parts.path.strip("/"))
    raise ValueError("A storage URL is file:///folder or s3://bucket/prefix")
