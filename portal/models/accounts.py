"""Several people with one address: queries and moves for linking a person to a new identity."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update

from portal.db import db
from portal.models import roster
from portal.models.archives import Archive
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.people import Person
from portal.models.photos import Photo
from portal.models.shoots import Shoot


def list_by_email(email: str) -> Sequence[Person]:
    """List the people with this address in any letter case, the first signed-in first."""
    query = select(Person).where(func.lower(Person.email) == email.strip().lower())
    return db.session.scalars(query.order_by(Person.created_at, Person.id)).all()


def list_shared_emails() -> Sequence[str]:
    """List the addresses, in lower case, that more than one person has."""
    address = func.lower(Person.email)
    return db.session.scalars(select(address).group_by(address).having(func.count() > 1).order_by(address)).all()


def count_photos(person_id: UUID) -> int:
    """Count the photos of a person: generated ones of their shoots, and their own."""
    of_shoots = select(Shoot.id).where(Shoot.person_id == person_id)
    query = select(func.count()).where(or_(Photo.shoot_id.in_(of_shoots), Photo.person_id == person_id))
    return db.session.scalar(query) or 0


def has_work(person_id: UUID) -> bool:
    """Return whether a person has anything that deleting the row would lose: a session, photos or choices."""
    kept = (
        exists().where(Shoot.person_id == person_id, Shoot.provider_id.is_not(None)),
        exists().where(Photo.person_id == person_id),
        exists().where(Choice.person_id == person_id),
        exists().where(Archive.person_id == person_id),
    )
    return bool(db.session.scalar(select(or_(*kept))))


def replace_identity(person: Person, newer: Person) -> None:
    """Delete ``newer`` and give its identity, address, name and consents to ``person``."""
    identity = (newer.issuer, newer.subject, newer.email, newer.name, list(newer.groups))
    db.session.execute(update(Consent).where(Consent.person_id == newer.id).values(person_id=person.id))
    roster.replace_person(newer.id, person.id)
    db.session.execute(delete(Person).where(Person.id == newer.id))
    db.session.expunge(newer)
    person.issuer, person.subject, person.email, person.name, person.groups = identity
