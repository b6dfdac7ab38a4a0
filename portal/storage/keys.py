"""Builds and checks storage keys. Keys consist of our ids and hashes, never of typed text."""

from __future__ import annotations

import re
from uuid import UUID

from portal.storage.errors import InvalidKey

MAX_KEY = 512
MAX_PART = 128
_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_.-]*)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def build_object_key(area: str, owner: UUID, name: str, sha256: str, extension: str) -> str:
    """Return the key of one file, for example ``photos/<uuid>/640-<16 hex digits>.webp``.

    The hash makes a changed file a new object, so that caches never serve the old one under the same name.

    Args:
        area: first part, a fixed name (``photos``).
        owner: id of the thing the file belongs to; everything of it lies under ``<area>/<owner>/``.
        name: what the file is (a rendition's slot).
        sha256: of the content, 64 hexadecimal digits.
        extension: without the dot.

    Raises:
        InvalidKey: a part does not have this format.
    """
    if not _SHA256.fullmatch(sha256) or any("/" in part for part in (area, name, extension)):
        raise InvalidKey
    return check_key(f"{area}/{owner}/{name}-{sha256[:16]}.{extension}")


def check_key(key: str) -> str:
    """Return ``key`` unchanged.

    Raises:
        InvalidKey: it has other characters than ``a-z 0-9 / _ . -``, an empty part or one that starts with a
            dot, ``..``, more than ``MAX_KEY`` characters or more than ``MAX_PART`` in one part.
    """
    if len(key) > MAX_KEY or ".." in key or not _KEY.fullmatch(key):
        raise InvalidKey
    if any(len(part) > MAX_PART for part in key.split("/")):
        raise InvalidKey
    return key


def check_prefix(prefix: str) -> str:
    """Return ``prefix`` unchanged: empty, the beginning of a key, or a whole part with its slash.

    Raises:
        InvalidKey: no key can start like that.
    """
    if prefix:
        check_key(prefix.removesuffix("/"))
    return prefix


def check_folder(folder: str) -> str:
    """Return ``folder`` unchanged: one or more whole parts and a slash, so that nothing beside them is meant.

    Raises:
        InvalidKey: it is something else.
    """
    if not folder.endswith("/"):
        raise InvalidKey
    return check_prefix(folder)
