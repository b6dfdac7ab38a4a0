"""The people of campaigns: who matches an audience, who is invited next, who is due for a reminder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, text, update

from portal.db import db
from portal.domain.audiences import Audience
from portal.models import roster_joins, roster_list
from portal.models.campaigns import Campaign
from portal.models.choices import Choice
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.roster import RosterEntry

_ROWS = 500
HAS_CHOSEN = exists().where(Choice.person_id == RosterEntry.person_id, Choice.withdrawn_at.is_(None))
_IS_IN_OTHER = exists().where(Campaign.id == RosterEntry.campaign_id, Campaign.state.in_(("running", "paused")))


@dataclass(frozen=True)
class Subtraction:
    """Who an invitation reaches: those who match, less those who are left out, each counted once.

    Attributes:
        matching: people of the audience who have not left.
        current: of them already in this campaign.
        other: in another campaign that is not ended.
        chosen: with a chosen headshot.
        unreachable: muted, or with an address that bounced.
        remaining: who is invited.
    """

    matching: int
    current: int
    other: int
    chosen: int
    unreachable: int
    remaining: int


def _match(audience: Audience) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [false()]
    if audience.everyone:
        conditions.append(RosterEntry.id.is_not(None))
    if audience.roster is not None and not audience.roster.is_empty:
        conditions.append(roster_list.match_filter(audience.roster))
    if audience.teams:
        conditions.append(RosterEntry.team.in_(audience.teams))
    if audience.groups:
        is_member = Person.groups.overlap(list(audience.groups))
        conditions.append(exists().where(Person.id == RosterEntry.person_id, is_member))
    return and_(RosterEntry.left_at.is_(None), or_(*conditions))


def _classify(campaign_id: UUID) -> dict[str, ColumnElement[bool]]:
    """Return a condition for each reason to leave a person out; the first that holds counts."""
    return {
        "current": RosterEntry.campaign_id == campaign_id,
        "other": _IS_IN_OTHER,
        "chosen": HAS_CHOSEN,
        "unreachable": or_(RosterEntry.muted_at.is_not(None), RosterEntry.bounced_at.is_not(None)),
    }


def count_audience(audience: Audience, campaign_id: UUID) -> Subtraction:
    """Count whom an invitation reaches."""
    columns = []
    taken: list[ColumnElement[bool]] = []
    for condition in _classify(campaign_id).values():
        holds = func.coalesce(condition, false())
        columns.append(func.count().filter(and_(holds, *taken)))
        taken.append(~holds)
    query = select(func.count(), *columns, func.count().filter(and_(*taken))).select_from(RosterEntry)
    counts: Sequence[int] = tuple(db.session.execute(query.where(_match(audience))).one())
    return Subtraction(*counts)


def list_audience(
    audience: Audience, campaign_id: UUID, *, after: str | None, limit: int, part: str = "remaining"
) -> list[RosterEntry]:
    """List the people of one part of the subtraction in the order of their addresses, those after an address."""
    query = select(RosterEntry).where(_match(audience)).order_by(RosterEntry.address).limit(limit)
    if after is not None:
        query = query.where(RosterEntry.address > after)
    if part == "matching":
        return list(db.session.scalars(query))
    for name, condition in _classify(campaign_id).items():
        holds = func.coalesce(condition, false())
        if name == part:
            return list(db.session.scalars(query.where(holds)))
        query = query.where(~holds)
    return list(db.session.scalars(query))


def add_people_of_groups(audience: Audience, now: datetime) -> None:
    """Add entries of people in the audience's groups who have signed in and are not on the roster."""
    if not audience.groups:
        return
    query = select(Person).where(Person.groups.overlap(list(audience.groups)), roster_joins.is_unlisted())
    for people in db.session.scalars(query.execution_options(yield_per=_ROWS)).partitions():
        roster_joins.add_entries(people, source="group", now=now)


def add_audience(audience: Audience, campaign_id: UUID) -> int:
    """Put the people whom the invitation reaches into the campaign; return their number."""
    left_out = [~func.coalesce(condition, false()) for condition in _classify(campaign_id).values()]
    query = (
        update(RosterEntry)
        .where(_match(audience), *left_out)
        .values(campaign_id=campaign_id, invited_at=None, reminded_at=None, reminders=0)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(db.session.execute(query), "rowcount", 0))


def add_people(listed_ids: Sequence[UUID], campaign_id: UUID) -> list[tuple[UUID, UUID | None]]:
    """Put those people of the list whom an invitation reaches into the campaign; return their entries and ids."""
    left_out = [~func.coalesce(condition, false()) for condition in _classify(campaign_id).values()]
    query = (
        update(RosterEntry)
        .where(or_(RosterEntry.id.in_(listed_ids), RosterEntry.person_id.in_(listed_ids)))
        .where(RosterEntry.left_at.is_(None), *left_out)
        .values(campaign_id=campaign_id, invited_at=None, reminded_at=None, reminders=0)
        .returning(RosterEntry.id, RosterEntry.person_id)
        .execution_options(synchronize_session=False)
    )
    return [(entry_id, person_id) for entry_id, person_id in db.session.execute(query)]


def _is_reachable() -> ColumnElement[bool]:
    return and_(RosterEntry.left_at.is_(None), RosterEntry.muted_at.is_(None), RosterEntry.bounced_at.is_(None))


def _has_mail(kind: str, *, pending: bool) -> ColumnElement[bool]:
    conditions = [Notification.roster_entry_id == RosterEntry.id, Notification.kind == kind]
    if pending:
        conditions += [Notification.sent_at.is_(None), Notification.dropped_at.is_(None)]
    else:
        conditions.append(Notification.occasion == func.concat(RosterEntry.campaign_id, ":", RosterEntry.id))
    return exists().where(*conditions)


def list_to_invite(campaign_id: UUID, limit: int) -> list[UUID]:
    """List entries of a campaign that have no invitation yet, not even one that waits."""
    query = (
        select(RosterEntry.id)
        .where(RosterEntry.campaign_id == campaign_id, RosterEntry.invited_at.is_(None), _is_reachable())
        .where(~_has_mail("invitation", pending=False), ~HAS_CHOSEN)
        .order_by(RosterEntry.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


@dataclass(frozen=True, kw_only=True)
class ReminderRule:
    """Who is due for a reminder on one day.

    Attributes:
        last_mail_before: the last mail was sent before this time; None for no reminders by interval.
        last_due_dates: due dates whose last days include the day.
        midnight: start of the day; no second mail on one day.
        limit: most reminders to one person.
        due_on: of the campaign, for people without a due date of their own.
    """

    last_mail_before: datetime | None
    last_due_dates: Sequence[date]
    midnight: datetime
    limit: int
    due_on: date | None


def list_to_remind(campaign_id: UUID, rule: ReminderRule, limit: int) -> list[UUID]:
    """List entries of a campaign that are due for a reminder and have none that waits."""
    return list(db.session.scalars(_select_due(campaign_id, rule).order_by(RosterEntry.id).limit(limit)))


def list_remindable(listed_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """List entry and campaign of those people of the list who can be reminded now: invited, reachable, not done."""
    is_listed = or_(RosterEntry.id.in_(listed_ids), RosterEntry.person_id.in_(listed_ids))
    query = select(RosterEntry.id, Campaign.id).join(Campaign, Campaign.id == RosterEntry.campaign_id)
    query = query.where(is_listed, Campaign.state == "running", RosterEntry.invited_at.is_not(None))
    found = db.session.execute(query.where(_is_reachable(), ~HAS_CHOSEN).order_by(RosterEntry.id))
    return [(entry_id, campaign_id) for entry_id, campaign_id in found]


def _select_due(campaign_id: UUID, rule: ReminderRule) -> Select[UUID]:
    last_mail = func.coalesce(RosterEntry.reminded_at, RosterEntry.invited_at)
    due = func.coalesce(RosterEntry.due_on, rule.due_on)
    is_due: list[ColumnElement[bool]] = [due.in_(list(rule.last_due_dates))]
    if rule.last_mail_before is not None:
        is_due.append(last_mail < rule.last_mail_before)
    return (
        select(RosterEntry.id)
        .where(RosterEntry.campaign_id == campaign_id, RosterEntry.invited_at.is_not(None), _is_reachable())
        .where(RosterEntry.reminders < rule.limit, last_mail < rule.midnight, or_(*is_due))
        .where(~HAS_CHOSEN, ~_has_mail("reminder", pending=True))
    )


@dataclass(frozen=True)
class CampaignCounts:
    """How far a campaign's mails are.

    Attributes:
        people: entries of the campaign who have not left.
        invited: whose invitation was accepted by the mail server.
        waiting: whose invitation is not sent yet.
        refused: whose address bounced.
        muted, signed_in, chosen: as they are now.
        reminders: how many were sent.
    """

    people: int
    invited: int
    waiting: int
    refused: int
    muted: int
    signed_in: int
    chosen: int
    reminders: int


def count_campaign(campaign_id: UUID) -> CampaignCounts:
    """Count the people of a campaign."""
    return count_campaigns([campaign_id])[campaign_id]


def count_campaigns(campaign_ids: Sequence[UUID]) -> dict[UUID, CampaignCounts]:
    """Count the people of each of these campaigns in one statement."""
    entry = RosterEntry
    # Joined once: as a condition of two counts, the choices would be looked up for each entry.
    chosen = select(Choice.person_id).where(Choice.withdrawn_at.is_(None)).distinct().subquery()
    query = (
        select(
            entry.campaign_id,
            func.count(),
            func.count(entry.invited_at),
            func.count().filter(entry.invited_at.is_(None), _is_reachable(), chosen.c.person_id.is_(None)),
            func.count(entry.bounced_at),
            func.count(entry.muted_at),
            func.count(entry.person_id),
            func.count(chosen.c.person_id),
            func.coalesce(func.sum(entry.reminders), 0),
        )
        .outerjoin(chosen, chosen.c.person_id == entry.person_id)
        .where(entry.campaign_id.in_(campaign_ids), entry.left_at.is_(None))
    )
    zero = CampaignCounts(*[0] * len(fields(CampaignCounts)))
    counted = {row[0]: CampaignCounts(*row[1:]) for row in db.session.execute(query.group_by(entry.campaign_id))}
    return {campaign_id: counted.get(campaign_id, zero) for campaign_id in campaign_ids}


def list_pending_mails(campaign_id: UUID) -> list[UUID]:
    """List the mails of a campaign that wait to be sent."""
    query = (
        select(Notification.id)
        .join(RosterEntry, RosterEntry.id == Notification.roster_entry_id)
        .where(RosterEntry.campaign_id == campaign_id)
        .where(Notification.sent_at.is_(None), Notification.dropped_at.is_(None))
    )
    return list(db.session.scalars(query))


def count_link_people(campaign_id: UUID) -> int:
    """Count the people who joined a campaign by its open link."""
    query = select(func.count()).where(RosterEntry.campaign_id == campaign_id, RosterEntry.source == "link")
    return db.session.scalar(query) or 0


def list_groups() -> list[str]:
    """List the groups of people who have signed in."""
    group = func.unnest(Person.groups)
    return list(db.session.scalars(select(group).distinct().order_by(text("1")).limit(500)))
