"""The selected rows of the list, with the facts that decide whether an action applies to each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, false, func, or_, select

from portal.db import db
from portal.domain.bulk_actions import Candidate
from portal.models import exports
from portal.models.campaigns import Campaign
from portal.models.listed_people import ListedPerson
from portal.models.notifications import Notification
from portal.models.people_list import PeopleFilter, build_conditions
from portal.models.sessions import Session
from portal.models.stage_expressions import STAGED_PEOPLE


def list_candidates(
    chosen: PeopleFilter, *, now: datetime, today: date, limit: int, for_export: bool = False
) -> list[Candidate]:
    """List the people of a filter in the order of their names.

    Args:
        chosen: which people.
        now: the present, UTC; ``today`` is its day in the company's time zone.
        limit: most rows.
        for_export: whether to determine who has an exportable headshot, which costs a query a row.
    """
    one = ListedPerson
    is_exportable = exports.build_is_exportable(now) if for_export else false()
    query = (
        select(
            one.id,
            one.entry_id,
            one.person_id,
            func.coalesce(func.nullif(one.name, ""), one.email),
            one.team,
            one.due_on,
            one.campaign_id,
            Campaign.state,
            or_(one.left_at.is_not(None), one.deactivated_at.is_not(None)),
            one.invited_at.is_not(None),
            one.muted_at.is_not(None),
            one.bounced_at.is_not(None),
            one.chosen_at.is_not(None),
            _is_reminded(today),
            exists().where(Session.person_id == one.person_id),
            is_exportable,
        )
        .select_from(STAGED_PEOPLE)
        .outerjoin(Campaign, Campaign.id == one.campaign_id)
        .where(*build_conditions(chosen, now=now))
        .order_by(one.sort_name, one.id)
        .limit(limit)
    )
    return [Candidate(*row) for row in db.session.execute(query)]


def _is_reminded(today: date) -> ColumnElement[bool]:
    is_pending = and_(Notification.sent_at.is_(None), Notification.dropped_at.is_(None))
    parts: list[Any] = [cast(ListedPerson.campaign_id, String), cast(ListedPerson.entry_id, String), str(today)]
    occasion = func.concat_ws(":", *parts)
    return exists().where(
        Notification.roster_entry_id == ListedPerson.entry_id,
        Notification.kind == "reminder",
        or_(is_pending, Notification.occasion == occasion),
    )
