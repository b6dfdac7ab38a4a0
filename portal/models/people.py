"""People: one row for each issuer and subject; the e-mail address is only what others are told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, Text, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.roles import Right, Role, rights_of

# What web processes listen to; the payload is a person's id and version, or this instead of a version.
CHANNEL = "portal_person"
HUNG_UP = -1


class Person(Base):
    """Somebody who has signed in at least once.

    ``role`` is the most trusted of their ``roles``; ``manages`` names the teams a manager may look at.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("ix_people_by_name", text("lower(name)"), "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    issuer: Mapped[str]
    subject: Mapped[str]
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    role: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    manages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    locale: Mapped[str] = mapped_column(default="en")
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]

    @property
    def all_roles(self) -> tuple[str, ...]:
        """Every role they hold, the most trusted first."""
        # A list that does not name the role is older than it: something that knew of one role only wrote it.
        return tuple(self.roles) if self.role in self.roles else (self.role,)

    @property
    def rights(self) -> frozenset[Right]:
        """Everything their roles allow together."""
        return rights_of(self.all_roles)


def by_id(person_id: UUID) -> Person | None:
    """Return the person with this id."""
    return db.session.get(Person, person_id)


def by_subject(issuer: str, subject: str) -> Person | None:
    """Return the person this identity belongs to."""
    return db.session.scalar(select(Person).where(Person.issuer == issuer, Person.subject == subject))


def upsert(
    issuer: str, subject: str, *, email: str, name: str, groups: list[str], locale: str, now: datetime
) -> Person:
    """Return the person of this identity with what their latest sign-in says; a new one is an employee.

    Two first sign-ins at once make one person.
    """
    said = {"email": email, "name": name, "groups": groups, "locale": locale, "signed_in_at": now}
    query = (
        insert(Person)
        .values(
            id=uuid4(),
            issuer=issuer,
            subject=subject,
            role=Role.EMPLOYEE,
            version=0,
            created_at=now,
            **said,
        )
        .on_conflict_do_update(index_elements=["issuer", "subject"], set_=said)
        .returning(Person)
    )
    return db.session.scalars(query, execution_options={"populate_existing": True}).one()


def active_with_role(role: str) -> list[Person]:
    """Return the people with this role who are not deactivated, always in the same order."""
    query = select(Person).where(Person.role == role, Person.deactivated_at.is_(None)).order_by(Person.id)
    return list(db.session.scalars(query))


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


def hang_up(person_id: UUID) -> None:
    """End the person's open streams when this transaction commits; those that may, come back."""
    db.session.execute(select(func.pg_notify(CHANNEL, f"{person_id} {HUNG_UP}")))
