"""The protocol of an object storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, BinaryIO, Protocol


class Storage(Protocol):
    """Bytes under keys. Any method may raise ``InvalidKey`` and ``StorageUnavailable``."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store ``content`` under ``key``, replacing what was there. Readers see old or new, never a part.

        Raises:
            StorageFull: there is no space; what was there before still is.
        """

    def put_file(self, key: str, file: IO[bytes], content_type: str) -> None:
        """Store what ``file`` holds from its position on, like :meth:`put`, without loading it into memory."""

    def get(self, key: str) -> bytes:
        """Return the content.

        Raises:
            ObjectMissing: there is none.
        """

    def open(self, key: str) -> BinaryIO:
        """Return the content as a readable file at its start, for the caller to close.

        Raises:
            ObjectMissing: there is none.
        """

    def exists(self, key: str) -> bool:
        """Return whether there is an object under ``key``."""

    def delete(self, key: str) -> None:
        """Remove the object; fine if there is none."""

    def delete_all(self, folder: str) -> None:
        """Remove every object whose key starts with ``folder``, which ends with a slash, and what interrupted
        writes have left there."""

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield every key that starts with ``prefix``, in the order of their bytes, in bounded memory."""
