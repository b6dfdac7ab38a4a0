"""The roster: people expected to take part, before or after their first sign-in, and how they are joined to people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.distinct_values import list_distinct
from portal.models.notifications import Notification


class RosterEntry(Base):
    """One person expected.

    Attributes:
        address: e-mail address, normalized by ``normalize_email``; unique.
        name: as imported, empty if unknown.
        due_on: last day to choose a headshot; None leaves it to the campaign.
        source: what created it: ``import``, ``link``, ``group`` or ``manual``.
        campaign_id: the campaign the person belongs to; only one at a time.
        invited_at: when the mail server accepted the invitation of this campaign.
        reminded_at: when it accepted the last reminder of this campaign; ``reminders`` counts them.
        muted_at: when the person or an admin switched off mails of campaigns.
        listed_at: when an import last named the person; kept for entries without a person only.
        left_at: when the person left the company.
        bounced_at: since when mail to this address is refused; ``bounce_reason`` is a reply code or ``marked``.
        person_id: the person, from their first sign-in with this address on, or from the import of their line if
            they signed in before; kept when the address changes.
    """

    __tablename__ = "roster_entries"
    __table_args__ = (
        Index("uq_roster_entries_address", "address", unique=True),
        Index("uq_roster_entries_person", "person_id", unique=True, postgresql_where=text("person_id IS NOT NULL")),
        Index("ix_roster_entries_campaign", "campaign_id", "id"),
        # All that the counts of campaigns read.
        Index(
            "ix_roster_entries_counted",
            "campaign_id",
            postgresql_include=["person_id", "invited_at", "muted_at", "bounced_at", "reminders"],
            postgresql_where=text("left_at IS NULL"),
        ),
        Index("ix_roster_entries_name", text("lower(name)"), "id"),
        Index("ix_roster_entries_team", "team"),
        Index("ix_roster_entries_employee_number", "employee_number"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    address: Mapped[str]
    name: Mapped[str] = mapped_column(default="", server_default="")
    team: Mapped[str | None]
    employee_number: Mapped[str | None]
    due_on: Mapped[date | None]
    source: Mapped[str]
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    invited_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0, server_default="0")
    muted_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    bounce_reason: Mapped[str | None]
    listed_at: Mapped[datetime | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))


def find_entry(entry_id: UUID) -> RosterEntry | None:
    """Return an entry, None if there is none."""
    return db.session.get(RosterEntry, entry_id)


def lock_entry(entry_id: UUID) -> RosterEntry | None:
    """Return an entry freshly read, holding other writers until the transaction ends."""
    query = select(RosterEntry).where(RosterEntry.id == entry_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def find_by_person(person_id: UUID) -> RosterEntry | None:
    """Return the entry of a person, None if they are not on the roster."""
    return db.session.scalar(select(RosterEntry).where(RosterEntry.person_id == person_id))


def find_by_address(address: str) -> RosterEntry | None:
    """Return the entry with this normalized address, None if there is none."""
    return db.session.scalar(select(RosterEntry).where(RosterEntry.address == address))


def lock_joins(*, is_shared: bool) -> None:
    """Hold, until the transaction ends, those who join many people to entries; sign-ins share the lock.

    A sign-in that has not found an entry is committed before an import searches the people of its new entries.
    """
    lock = func.pg_advisory_xact_lock_shared if is_shared else func.pg_advisory_xact_lock
    db.session.execute(select(lock(func.hashtextextended("portal:roster joins", 0))))


def join_person(person_id: UUID, address: str) -> RosterEntry | None:
    """Join a person to the entry with their proven address; return their entry, None if they have none.

    An entry once joined stays with the person: it takes on a changed address. If the new address has an entry of its
    own without a person, the two become one. An entry of another person stays theirs.
    """
    lock_joins(is_shared=True)
    query = select(RosterEntry).where((RosterEntry.person_id == person_id) | (RosterEntry.address == address))
    found = list(db.session.scalars(query.order_by(RosterEntry.id).with_for_update()))
    joined = next((entry for entry in found if entry.person_id == person_id), None)
    free = next((entry for entry in found if entry.person_id is None), None)
    if joined is None:
        if free is not None:
            free.person_id = person_id
        return free
    if free is not None:
        _merge_entry(free, joined)
    if free is not None or len(found) == 1:
        joined.address = address
    return joined


def _merge_entry(free: RosterEntry, joined: RosterEntry) -> None:
    """Delete ``free`` after moving what ``joined`` lacks, and the mails, to it; the newer import has precedence."""
    joined.name = free.name or joined.name
    joined.team = free.team or joined.team
    joined.employee_number = free.employee_number or joined.employee_number
    joined.due_on = free.due_on or joined.due_on
    joined.left_at = joined.left_at and free.left_at
    joined.bounced_at = joined.bounce_reason = None
    if joined.campaign_id is None:
        joined.campaign_id, joined.invited_at = free.campaign_id, free.invited_at
        joined.reminded_at, joined.reminders = free.reminded_at, free.reminders
    db.session.execute(
        update(Notification).where(Notification.roster_entry_id == free.id).values(roster_entry_id=joined.id)
    )
    db.session.execute(delete(RosterEntry).where(RosterEntry.id == free.id))
    db.session.expunge(free)


def replace_person(from_person: UUID, to_person: UUID) -> None:
    """Give the entry of one person to another who has none; otherwise it stays."""
    if find_by_person(to_person) is None:
        entry = find_by_person(from_person)
        if entry is not None:
            entry.person_id = to_person
            db.session.flush()


def list_teams() -> list[str]:
    """List the teams that entries name, in alphabetical order."""
    return list_distinct(RosterEntry.team)


def list_teams_by_age() -> list[str]:
    """List the teams that entries name, those of the oldest entries first."""
    first = func.min(RosterEntry.created_at)
    query = select(RosterEntry.team).where(RosterEntry.team.is_not(None)).group_by(RosterEntry.team)
    return [team for team in db.session.scalars(query.order_by(first, RosterEntry.team)) if team]


def count_entries() -> int:
    """Count the entries of people who have not left."""
    return db.session.scalar(select(func.count()).where(RosterEntry.left_at.is_(None))) or 0


def iterate_entries() -> Iterator[RosterEntry]:
    """Yield every entry."""
    yield from db.session.scalars(select(RosterEntry).execution_options(yield_per=1000))


def lock_by_person(person_id: UUID) -> RosterEntry | None:
    """Return the entry of a person freshly read, holding other writers until the transaction ends."""
    query = select(RosterEntry).where(RosterEntry.person_id == person_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))
