"""The scopes and steps of an erasure."""

from __future__ import annotations

from enum import StrEnum


class ErasureScope(StrEnum):
    """How much of a person's data an erasure deletes."""

    EVERYTHING = "everything"
    """The person and all their data."""
    PICTURES = "pictures"
    """All pictures and photo sessions; the account, the consents and the audit trail stay."""
    UNCHOSEN = "unchosen"
    """Like ``PICTURES``, except for the chosen headshot, which stays in use."""

    SESSION = "session"
    """One photo session with its pictures; consents, other sessions and own photos stay."""


class ErasureStep(StrEnum):
    """The steps of an erasure in the order of :data:`STEPS`; each can be done twice."""

    BLOCKED = "blocked"
    """Sign-in refused or consent withdrawn, photo sessions closed, tombstones of the provider's sessions set."""
    UNPUBLISHED = "unpublished"
    """The choice withdrawn, so that no picture is used."""
    RECORDED = "recorded"
    """The tombstone written to the storage, from where it is applied again after a backup was restored."""
    JOBS = "jobs"
    """Waiting jobs deleted."""
    STORAGE = "storage"
    """Photo files deleted, own photos as uploaded included."""
    FILES = "files"
    """Kits, archives and exports deleted."""
    DELIVERIES = "deliveries"
    """Bodies of webhooks deleted."""
    NOTIFICATIONS = "notifications"
    """Mails that were owed or sent deleted."""
    ROWS = "rows"
    """Rows deleted."""
    PROVIDER = "provider"
    """Deletion confirmed by the provider: by an event or by reading the session again."""


STEPS = tuple(ErasureStep)
