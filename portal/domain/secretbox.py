"""Authenticated encryption at rest, for example of studio links, and keyed digests."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class DecryptionFailed(Exception):
    """The ciphertext was made with a key that is no longer configured, or was modified."""


class SecretBox:
    """Encrypts with the first key and decrypts with any, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_derive(key, b"portal at rest")) for key in keys])
        self._pseudonym_key = _derive(keys[0], b"portal pseudonym")

    def seal(self, text: str) -> bytes:
        """Encrypt and authenticate ``text``."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt the result of :meth:`seal`.

        Raises:
            DecryptionFailed: none of the configured keys fits.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise DecryptionFailed from error

    def pseudonym(self, value: str) -> str:
        """Return a stable keyed digest (32 hex digits) of something private, for logs and audit rows."""
        return hmac.new(self._pseudonym_key, value.encode(), hashlib.sha256).hexdigest()[:32]


def _derive(key: str, purpose: bytes) -> bytes:
    raw = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return base64.urlsafe_b64encode(raw)
