"""Actions on many people at once: those who are selected in the list, or all that its filter matches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from portal.domain.errors import BadInput
from portal.domain.roles import Right
from portal.models import people_list
from portal.models import sessions as session_rows
from portal.models.people import Person
from portal.models.people_list import PeopleFilter
from portal.services import campaign_mails, sessions

# More people than this are a filter too wide to be meant.
MAX_SELECTED = 20_000


@dataclass(frozen=True)
class SelectionOutcome:
    """What an action did: ``changed`` of ``selected`` people."""

    action: str
    selected: int
    changed: int


def sign_out_people(selected: list[UUID], *, actor: Person, now: datetime) -> int:
    """End all sessions of these people, except the actor's own; return how many people were signed in."""
    signed_in = [each for each in session_rows.list_signed_in(selected) if each != actor.id]
    for person_id in signed_in:
        sessions.end_sessions(person_id, actor=actor, now=now)
    return len(signed_in)


Action = Callable[..., int]
# Each action with the right it needs.
ACTIONS: Mapping[str, tuple[Right, Action]] = MappingProxyType(
    {
        "remind": (Right.MANAGE_PEOPLE, campaign_mails.create_reminders),
        "sign_out": (Right.MANAGE_SESSIONS, sign_out_people),
    }
)


def apply_action(name: str, chosen: PeopleFilter, *, actor: Person, now: datetime) -> SelectionOutcome:
    """Apply an action to the people of a filter.

    Raises:
        BadInput: there is no such action, or the actor has no right to it.
    """
    right, action = ACTIONS.get(name, (None, None))
    if action is None or right not in actor.rights:
        raise BadInput
    selected = people_list.list_ids(chosen, now=now, limit=MAX_SELECTED)
    return SelectionOutcome(name, len(selected), action(selected, actor=actor, now=now))
