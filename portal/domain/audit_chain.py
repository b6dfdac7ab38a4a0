"""The chain of the audit trail, recomputed: each link's digest covers its entry and the digest before it.

The database makes the links when entries are committed (migration 0007); nothing of its way is used here. How a digest
is made is written down in ``docs/audit.md``, so that somebody else can check it with a program of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# What a digest covers, in this order.
FIELDS = (
    "position",
    "previous",
    "id",
    "at",
    "action",
    "actor_id",
    "subject_id",
    "result",
    "channel",
    "request_id",
    "address_digest",
    "detail",
)
_NAMES = tuple(f"{name}=".encode() for name in FIELDS)
_HEAD = re.compile(r"([1-9][0-9]{0,18}):([0-9a-f]{64})")


def compute_digest(values: Sequence[str | None]) -> bytes:
    """Return the digest of one link.

    Args:
        values: text of each of :data:`FIELDS`, None where there is nothing.
    """
    return hashlib.sha256(encode_fields(values)).digest()


def encode_fields(values: Sequence[str | None]) -> bytes:
    """Return what the digest is made of: ``name=length:value;`` for each field that is not None."""
    parts: list[bytes] = []
    for name, value in zip(_NAMES, values, strict=True):
        if value is not None:
            raw = value.encode()
            parts += (name, str(len(raw)).encode(), b":", raw, b";")
    return b"".join(parts)


@dataclass(frozen=True)
class AuditHead:
    """The last link at some moment. Kept elsewhere, it shows later whether the end of the trail was cut off."""

    position: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> AuditHead:
        """Read what ``str`` of a head gave.

        Raises:
            ValueError: it is no head.
        """
        found = _HEAD.fullmatch(text.strip())
        if found is None:
            raise ValueError("a head is a position, a colon and 64 hex digits")
        return cls(int(found[1]), bytes.fromhex(found[2]))


@dataclass(frozen=True)
class ChainLink:
    """One link as it is stored, and the entry it stands for.

    Attributes:
        previous: digest of the link before it, None for the first.
        entry: text of the fields from ``id`` on, None when there is no such entry.
    """

    position: int
    entry_id: int
    previous: bytes | None
    digest: bytes
    entry: Sequence[str | None] | None


@dataclass(frozen=True)
class ChainFault:
    """One place where the trail is not what it was."""

    rule: str
    subject: str


class ChainVerifier:
    """Goes along the chain, link by link in the order of their positions, and remembers only the last."""

    def __init__(self, noted: Sequence[AuditHead] = ()) -> None:
        """Begin before the first link; ``noted`` are heads seen earlier, which must still be in the chain."""
        self._last: AuditHead | None = None
        self._noted: dict[int, list[AuditHead]] = {}
        for head in noted:
            self._noted.setdefault(head.position, []).append(head)
        self.count = 0

    @property
    def head(self) -> AuditHead | None:
        """The last link so far, None before the first."""
        return self._last

    def check_link(self, link: ChainLink) -> Iterator[ChainFault]:
        """Look at the next link and yield what is wrong with it."""
        place = f"position {link.position} (entry {link.entry_id})"
        expected = self._last.position + 1 if self._last else 1
        if link.position < expected:
            yield ChainFault("audit entry shares its place with another", place)
        elif link.position > expected:
            yield ChainFault("audit entry is missing", _places(expected, link.position - 1))
        elif not _same(link.previous, self._last.digest if self._last else None):
            yield ChainFault("audit entry does not follow the one before it", place)
        if link.entry is None:
            yield ChainFault("audit entry is missing", place)
        elif not _same(_digest_of(link, link.entry), link.digest):
            yield ChainFault("audit entry was changed", place)
        yield from self._compare(link)
        self._last = AuditHead(link.position, link.digest)
        self.count += 1

    def check_end(self) -> Iterator[ChainFault]:
        """Yield, after the last link, the noted heads that were never met."""
        for heads in self._noted.values():
            for head in heads:
                yield ChainFault("audit trail ends before a head that was noted", str(head))

    def _compare(self, link: ChainLink) -> Iterator[ChainFault]:
        for head in self._noted.pop(link.position, ()):
            if not _same(head.digest, link.digest):
                yield ChainFault("audit trail differs from a head that was noted", str(head))


def _digest_of(link: ChainLink, entry: Sequence[str | None]) -> bytes:
    previous = link.previous.hex() if link.previous is not None else None
    return compute_digest((str(link.position), previous, *entry))


def _same(one: bytes | None, other: bytes | None) -> bool:
    if one is None or other is None:
        return one is other
    return hmac.compare_digest(one, other)


def _places(first: int, last: int) -> str:
    return f"position {first}" if first == last else f"positions {first} to {last}"
