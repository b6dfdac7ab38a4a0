"""When each secret of the settings was first seen, by a fingerprint that does not reveal it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class SecretAge(Base):
    """One secret in use: its name in the settings, its fingerprint, and when it was first seen."""

    __tablename__ = "secret_ages"

    name: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]


def store_secrets(secrets: Iterable[tuple[str, str]], *, now: datetime) -> None:
    """Record the secrets in use, in the caller's transaction, and delete those that are not in use any more.

    Args:
        secrets: name and fingerprint of each.
        now: the present, UTC.
    """
    rows = [{"name": name, "fingerprint": fingerprint, "first_seen_at": now} for name, fingerprint in secrets]
    db.session.execute(insert(SecretAge).values(rows).on_conflict_do_nothing())
    in_use = [(row["name"], row["fingerprint"]) for row in rows]
    db.session.execute(delete(SecretAge).where(tuple_(SecretAge.name, SecretAge.fingerprint).not_in(in_use)))
