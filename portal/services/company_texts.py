"""The company's own texts: cached by each process for seconds, published as a new version, never changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from portal.db import DATABASE_ERRORS, transaction
from portal.domain.company_texts import BUILT_IN, Content, PublishedTexts, TextSection
from portal.domain.errors import ChangedMeanwhile
from portal.models import audit, text_versions
from portal.models.text_versions import TextVersion

log = logging.getLogger(__name__)

# Seconds until a process reads the texts again; for so long it may show the previous version.
READ_EVERY = 3.0


class TextCache:
    """The published texts as one process has read them.

    While the database is away, the last known texts stay in use; what people agree to is checked against the database
    when it is stored.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._texts = BUILT_IN
        self._read_at: float | None = None

    def get_texts(self) -> PublishedTexts:
        """Return the published texts, at most a few seconds old."""
        now = self._monotonic()
        if self._read_at is None or now - self._read_at >= READ_EVERY:
            return self.refresh_texts()
        return self._texts

    def refresh_texts(self) -> PublishedTexts:
        """Read the published texts now."""
        # Set first: while one reads, others use what is known.
        self._read_at = self._monotonic()
        try:
            texts = text_versions.read_published()
        except DATABASE_ERRORS as error:
            log.warning("texts.unavailable", extra={"error": type(error).__name__})
            return self._texts
        with self._lock:
            self._texts = texts
        return texts


def load_texts() -> PublishedTexts:
    """Return the texts that count now, by a connection of the pool, for the worker, which has no other to spare."""
    with transaction():
        return text_versions.load_published()


def publish_texts(
    section: TextSection,
    content: Content,
    *,
    base: int,
    actor_id: UUID,
    now: datetime,
    restored_from: int | None = None,
) -> int:
    """Store texts as the next version of a section, which counts at once; return its number.

    Args:
        section: what is published.
        content: all texts of it, checked by the caller.
        base: number of the version the admin changed, 0 for the built-in texts.
        actor_id: who publishes.
        now: the present, UTC.
        restored_from: number of the version that is repeated, None if the texts were written.

    Raises:
        ChangedMeanwhile: another admin published a version after ``base``.
    """
    version = TextVersion(
        section=str(section),
        number=base + 1,
        content={locale: dict(texts) for locale, texts in content.items()},
        restored_from=restored_from,
        created_by=actor_id,
        created_at=now,
    )
    with transaction():
        latest = text_versions.find_latest(section)
        if (latest.number if latest is not None else 0) != base or not text_versions.insert_version(version):
            raise ChangedMeanwhile
        audit.create_entry("texts.published", at=now, actor_id=actor_id, section=str(section), version=str(base + 1))
    return base + 1
