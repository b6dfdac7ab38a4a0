"""The token of the link that mutes a campaign's mails: the entry's id and a signature; it allows nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

_ID_BYTES = 16
_SIGNATURE_BYTES = 15


def build_mute_token(entry_id: UUID, secret_keys: Sequence[str]) -> str:
    """Return the token of an entry, signed with the first key."""
    return base64.urlsafe_b64encode(entry_id.bytes + _sign(entry_id.bytes, secret_keys[0])).rstrip(b"=").decode()


def parse_mute_token(token: str, secret_keys: Sequence[str]) -> UUID | None:
    """Return the id of the entry, None if no key made the token."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    value, signature = raw[:_ID_BYTES], raw[_ID_BYTES:]
    if len(value) != _ID_BYTES or not any(hmac.compare_digest(signature, _sign(value, key)) for key in secret_keys):
        return None
    return UUID(bytes=value)


def _sign(value: bytes, key: str) -> bytes:
    return hmac.new(key.encode(), b"mute:" + value, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
