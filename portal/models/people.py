"""People: one row for each issuer and subject; the e-mail address is only what others are told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Text, UniqueConstraint, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db

# What web processes listen to; the payload is a person's id and version.
CHANNEL = "portal_person"


class Person(Base):
    """Somebody who has signed in at least once."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    issuer: Mapped[str]
    subject: Mapped[str]
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    role: Mapped[str]
    locale: Mapped[str] = mapped_column(default="en")
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]


def by_id(person_id: UUID) -> Person | None:
    """Return the person with this id."""
    return db.session.get(Person, person_id)


def by_subject(issuer: str, subject: str) -> Person | None:
    """Return the person this identity belongs to."""
    return db.session.scalar(select(Person).where(Person.issuer == issuer, Person.subject == subject))


def lock(person_id: UUID) -> Person | None:
    """Return the person, holding everybody else's writes about them until the transaction ends."""
    return db.session.scalar(select(Person).where(Person.id == person_id).with_for_update())


def version_of(person_id: UUID) -> int:
    """Return how often anything shown to this person has changed."""
    return db.session.scalar(select(Person.version).where(Person.id == person_id)) or 0


def announce(person_id: UUID) -> None:
    """Raise the person's version and tell every web process when this transaction commits."""
    version = db.session.scalar(
        update(Person)
        .where(Person.id == person_id)
        .values(version=Person.version + 1)
        .returning(Person.version)
        .execution_options(synchronize_session="fetch")
    )
    if version is not None:
        db.session.execute(select(func.pg_notify(CHANNEL, f"{person_id} {version}")))
