"""Deletes roster entries of people who never signed in, and everything saved lists hold about an address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Uuid, and_, any_, delete, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from portal.db import db
from portal.domain.roster_lines import Verdict
from portal.models import roster_imports
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport, RosterImportLine

# A list in one of these states is not parsed, so that the people it names are unknown.
_UNPARSED = ("reading", "failed")


def has_file(import_id: UUID) -> bool:
    """Return whether an import still holds its file."""
    query = select(RosterImport.id).where(RosterImport.id == import_id, RosterImport.content.is_not(None))
    return db.session.scalar(query) is not None


def lock_without_person(entry_ids: Sequence[UUID]) -> list[RosterEntry]:
    """Return those entries whose person never signed in, freshly read, holding other writers."""
    query = select(RosterEntry).where(
        RosterEntry.id == any_(literal(list(entry_ids), ARRAY(Uuid))), RosterEntry.person_id.is_(None)
    )
    return list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def list_unjoined_ids(addresses: Collection[str], *, except_person: UUID | None = None) -> list[UUID]:
    """List the entries with these addresses that no sign-in has joined to a person.

    Args:
        addresses: normalized addresses.
        except_person: the account that is being deleted; an entry with the address of any other account is left out,
            since the next sign-in of that account joins it.
    """
    other = exists().where(func.lower(Person.email) == RosterEntry.address, Person.id != except_person)
    query = select(RosterEntry.id).where(
        RosterEntry.address == any_(literal(list(addresses), ARRAY(String))), RosterEntry.person_id.is_(None), ~other
    )
    return list(db.session.scalars(query.order_by(RosterEntry.id)))


def list_mail_ids(entry_ids: Sequence[UUID]) -> list[UUID]:
    """List the ids of the mails to these entries."""
    is_addressed = Notification.roster_entry_id == any_(literal(list(entry_ids), ARRAY(Uuid)))
    return list(db.session.scalars(select(Notification.id).where(is_addressed)))


def delete_entries(entry_ids: Sequence[UUID]) -> None:
    """Delete entries and, by their foreign keys, their mails and notes; the triggers remove them from the list."""
    query = delete(RosterEntry).where(RosterEntry.id == any_(literal(list(entry_ids), ARRAY(Uuid))))
    db.session.execute(query.execution_options(synchronize_session=False))


def delete_from_lists(addresses: Collection[str], saved: Iterable[RosterImport], now: datetime) -> None:
    """Delete what saved lists hold about these addresses.

    A list that was checked loses their lines, its file and what names the file and its columns; it can still be
    confirmed. A list that is not parsed yet may name them and is discarded.

    Args:
        addresses: normalized addresses.
        saved: what ``roster_imports.lock_with_contents`` returned.
        now: the present, UTC.
    """
    removed = _delete_lines(addresses)
    for each in saved:
        if each.state in _UNPARSED:
            roster_imports.delete_lines(each.id)
            each.state, each.finished_at = "discarded", now
            each.delete_content()
        elif each.id in removed:
            each.delete_content()
            # The columns cannot be chosen again; a page that is open offers that.
            each.version += each.state == "ready"
            each.counts = {name: count - removed[each.id][name] for name, count in each.counts.items()}


def _delete_lines(addresses: Collection[str]) -> dict[UUID, Counter[str]]:
    """Delete the lines about these addresses; return how many of each verdict, by import."""
    searched = literal(list(addresses), ARRAY(String))
    # A line that cannot be read has no address of its own, but its text may contain one.
    one = func.unnest(searched).table_valued("address").render_derived()
    is_named = select(one.c.address).where(func.strpos(func.lower(RosterImportLine.text), one.c.address) > 0).exists()
    is_about = or_(
        RosterImportLine.address == any_(searched), and_(RosterImportLine.verdict == Verdict.MALFORMED, is_named)
    )
    query = delete(RosterImportLine).where(is_about).returning(RosterImportLine.import_id, RosterImportLine.verdict)
    removed: dict[UUID, Counter[str]] = {}
    for import_id, verdict in db.session.execute(query.execution_options(synchronize_session=False)):
        removed.setdefault(import_id, Counter())[verdict] += 1
    return removed
