"""Storage errors as types with attributes; they never contain credentials, addresses or content."""

from __future__ import annotations

from typing import ClassVar


class StorageError(Exception):
    """Base class. ``retryable``: the same call may succeed later without a change by people."""

    retryable: ClassVar[bool] = False


class InvalidKey(StorageError):
    """The key does not have the portal's format. The key itself is not repeated: it may be private text."""

    def __init__(self) -> None:
        super().__init__("Not a storage key")


class ObjectMissing(StorageError):
    """There is nothing under ``key``."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"No object {key}")


class StorageUnavailable(StorageError):
    """The storage did not do it this time. ``cause`` is one word for logs: ``EIO``, ``AccessDenied``."""

    retryable = True

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"Storage unavailable: {cause}")


class StorageFull(StorageError):
    """No space (or quota) left; nothing was written. Heals as soon as there is space."""

    retryable = True

    def __init__(self) -> None:
        super().__init__("No space left in the storage")
