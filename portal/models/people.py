"""The people table: one row for each issuer and subject."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, ScalarSelect, Text, UniqueConstraint, false, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.roles import Right, Role, get_rights

# NOTIFY channel of the web processes. The payload is a person's id and version, or CLOSE_STREAMS as version.
CHANNEL = "portal_person"
CLOSE_STREAMS = -1


class Person(Base):
    """A person who has signed in at least once. Issuer and subject identify them; the address may change.

    ``role`` is the most trusted of ``roles``; ``manages`` names the teams that a manager can see. ``oid``,
    ``preferred_username``, ``employee_number``, ``picture`` (URL) and ``zoneinfo`` are claims of the last sign-in that
    sent them, by which directories know the person. New sessions of a tester are development sessions.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("ix_people_by_email", text("lower(email)")),
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
    chosen_locale: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    oid: Mapped[str | None]
    preferred_username: Mapped[str | None]
    employee_number: Mapped[str | None]
    picture: Mapped[str | None]
    zoneinfo: Mapped[str | None]
    is_tester: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def all_roles(self) -> tuple[str, ...]:
        """All roles, the most trusted first."""
        # A list without ``role`` is older than it: written by a release that knew one role only.
        return tuple(self.roles) if self.role in self.roles else (self.role,)

    @property
    def rights(self) -> frozenset[Right]:
        """The union of the rights of all roles."""
        return get_rights(self.all_roles)


def find_person(person_id: UUID) -> Person | None:
    """Return the person with this id, None if there is none."""
    return db.session.get(Person, person_id)


def list_names(person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the name of each of these people who exists."""
    if not person_ids:
        return {}
    query = select(Person.id, Person.name).where(Person.id.in_(person_ids))
    return {row[0]: row[1] for row in db.session.execute(query)}


def find_by_subject(issuer: str, subject: str) -> Person | None:
    """Return the person of this identity, None if there is none."""
    return db.session.scalar(select(Person).where(Person.issuer == issuer, Person.subject == subject))


def upsert_person(
    issuer: str,
    subject: str,
    *,
    email: str,
    name: str,
    groups: list[str],
    locale: str,
    chosen_locale: str | None = None,
    now: datetime,
    directory: Mapping[str, str] | None = None,
) -> Person:
    """Create or update the person of this identity and return them. A new person is an employee.

    ``directory`` has values of the columns ``oid`` to ``zoneinfo``; a column it lacks keeps its value. Two concurrent
    first sign-ins create one person. ``chosen_locale`` is stored only if the person has chosen none before; a choice
    has precedence over ``locale``.
    """
    claims = {"email": email, "name": name, "groups": groups, "signed_in_at": now, **(directory or {})}
    chosen = func.coalesce(Person.chosen_locale, chosen_locale)
    query = (
        insert(Person)
        .values(
            id=uuid4(),
            issuer=issuer,
            subject=subject,
            role=Role.EMPLOYEE,
            version=0,
            created_at=now,
            locale=chosen_locale or locale,
            chosen_locale=chosen_locale,
            **claims,
        )
        .on_conflict_do_update(
            index_elements=["issuer", "subject"],
            set_={**claims, "chosen_locale": chosen, "locale": func.coalesce(chosen, locale)},
        )
        .returning(Person)
    )
    return db.session.scalars(query, execution_options={"populate_existing": True}).one()


def update_chosen_locale(person_id: UUID, locale: str) -> None:
    """Store the language the person chose; pages and mails use it from then on."""
    db.session.execute(update(Person).where(Person.id == person_id).values(chosen_locale=locale, locale=locale))


def list_active_with_role(role: str) -> list[Person]:
    """List the people with this role who are not deactivated, ordered by id."""
    query = select(Person).where(Person.role == role, Person.deactivated_at.is_(None)).order_by(Person.id)
    return list(db.session.scalars(query))


def list_with_role(role: str) -> list[Person]:
    """List the people who have this role, perhaps beside others, and are not deactivated, ordered by id."""
    query = select(Person).where(Person.roles.contains([role]), Person.deactivated_at.is_(None)).order_by(Person.id)
    return list(db.session.scalars(query))


def lock_person(person_id: UUID) -> Person | None:
    """Return the person and lock the row until the transaction ends; None if there is none."""
    return db.session.scalar(select(Person).where(Person.id == person_id).with_for_update())


def lock_owner(person_id: ScalarSelect[Any]) -> None:
    """Lock the person that a row belongs to, before the row itself.

    What a person does locks them first and then their rows. A job that locked its row first and then incremented the
    person's version would wait for the person while their act waits for the row.
    """
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def get_version(person_id: UUID) -> int:
    """Return the version of the person's pages; it grows with every change."""
    return db.session.scalar(select(Person.version).where(Person.id == person_id)) or 0


def publish_version(person_id: UUID) -> None:
    """Increment the person's version and notify every web process when this transaction commits."""
    version = db.session.scalar(
        update(Person)
        .where(Person.id == person_id)
        .values(version=Person.version + 1)
        .returning(Person.version)
        .execution_options(synchronize_session="fetch")
    )
    if version is not None:
        db.session.execute(select(func.pg_notify(CHANNEL, f"{person_id} {version}")))


def close_streams(person_id: UUID) -> None:
    """Close the person's open event streams when this transaction commits; clients may reconnect."""
    db.session.execute(select(func.pg_notify(CHANNEL, f"{person_id} {CLOSE_STREAMS}")))
