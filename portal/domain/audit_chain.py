"""Verification of the audit trail's hash chain: each link's digest covers its entry and the previous digest.

The database creates the links when entries are committed (migration 0007); this module computes the digests
independently. ``docs/audit.md`` specifies the digest, so that auditors can verify it with a program of their own.
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
    """Return the input of the digest: ``name=length:value;`` for each field that is not None."""
    parts: list[bytes] = []
    for name, value in zip(_NAMES, values, strict=True):
        if value is not None:
            raw = value.encode()
            parts += (name, str(len(raw)).encode(), b":", raw, b";")
    return b"".join(parts)


@dataclass(frozen=True)
class AuditHead:
    """The last link at some time. Recorded outside the database, it shows later whether the end was cut off."""

    position: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> AuditHead:
        """Parse the text that ``str`` of a head returns.

        Raises:
            ValueError: the text is not a head.
        """
        found = _HEAD.fullmatch(text.strip())
        if found is None:
            raise ValueError("a head is a position, a colon and 64 hex digits")
        return cls(int(found[1]), bytes.fromhex(found[2]))


@dataclass(frozen=True)
class ChainLink:
    """One stored link with its entry.

    Attributes:
        previous: digest of the previous link, None for the first.
        entry: text of the fields from ``id`` on, None if the entry does not exist.
    """

    position: int
    entry_id: int
    previous: bytes | None
    digest: bytes
    entry: Sequence[str | None] | None


@dataclass(frozen=True)
class ChainFault:
    """One place at which the trail was changed."""

    rule: str
    subject: str


class ChainVerifier:
    """Verifies a chain link by link, in the order of positions; keeps only the last link in memory."""

    def __init__(self, recorded: Sequence[AuditHead] = ()) -> None:
        """Start before the first link; ``recorded`` are earlier heads, which must be part of the chain."""
        self._last: AuditHead | None = None
        self._recorded: dict[int, list[AuditHead]] = {}
        for head in recorded:
            self._recorded.setdefault(head.position, []).append(head)
        self.count = 0

    @property
    def head(self) -> AuditHead | None:
        """The last link so far, None before the first."""
        return self._last

    def start_after(self, anchor: AuditHead) -> Iterator[ChainFault]:
        """Continue behind a link that was removed with all links before it; yield the faults of recorded heads.

        Heads recorded before it cannot be compared any more.
        """
        for head in self._recorded.pop(anchor.position, ()):
            if not _is_equal(head.digest, anchor.digest):
                yield ChainFault("audit trail differs from a head that was recorded", str(head))
        self._recorded = {position: heads for position, heads in self._recorded.items() if position > anchor.position}
        self._last = anchor

    def check_link(self, link: ChainLink) -> Iterator[ChainFault]:
        """Check the next link and yield its faults."""
        place = f"position {link.position} (entry {link.entry_id})"
        expected = self._last.position + 1 if self._last else 1
        if link.position < expected:
            yield ChainFault("audit entry shares its position with another", place)
        elif link.position > expected:
            yield ChainFault("audit entry is missing", _format_positions(expected, link.position - 1))
        elif not _is_equal(link.previous, self._last.digest if self._last else None):
            yield ChainFault("audit entry does not follow the one before it", place)
        if link.entry is None:
            yield ChainFault("audit entry is missing", place)
        elif not _is_equal(_compute_link_digest(link, link.entry), link.digest):
            yield ChainFault("audit entry was changed", place)
        yield from self._compare(link)
        self._last = AuditHead(link.position, link.digest)
        self.count += 1

    def check_end(self) -> Iterator[ChainFault]:
        """Yield, after the last link, the recorded heads that are not part of the chain."""
        for heads in self._recorded.values():
            for head in heads:
                yield ChainFault("audit trail ends before a head that was recorded", str(head))

    def _compare(self, link: ChainLink) -> Iterator[ChainFault]:
        for head in self._recorded.pop(link.position, ()):
            if not _is_equal(head.digest, link.digest):
                yield ChainFault("audit trail differs from a head that was recorded", str(head))


def _compute_link_digest(link: ChainLink, entry: Sequence[str | None]) -> bytes:
    previous = link.previous.hex() if link.previous is not None else None
    return compute_digest((str(link.position), previous, *entry))


def _is_equal(one: bytes | None, other: bytes | None) -> bool:
    if one is None or other is None:
        return one is other
    return hmac.compare_digest(one, other)


def _format_positions(first: int, last: int) -> str:
    return f"position {first}" if first == last else f"positions {first} to {last}"
