"""Where everyone stands, for admins, and where a team stands, for its managers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.domain.errors import NotFound
from portal.models import attempt_requests, board, people, people_list
from portal.models.attempt_requests import AttemptRequest
from portal.models.board import TeamCounts
from portal.models.people import Person
from portal.models.people_list import ListRow, PeopleFilter, Sort
from portal.models.photo_copies import MissingPhotos
from portal.models.sessions import Session
from portal.services import journey, leavers, mirroring, relinking, sessions
from portal.services.app_context import AppContext
from portal.services.journey import Journey
from portal.services.leavers import Leaving

PAGE = 50


@dataclass(frozen=True)
class PeoplePage:
    """Some rows of the list; ``after`` turns the page and is None on the last one. ``total`` counts the filter."""

    rows: list[ListRow]
    after: UUID | None
    total: int


def list_people(
    chosen: PeopleFilter,
    *,
    now: datetime,
    sort: Sort = Sort.NAME,
    descending: bool = False,
    after: UUID | None = None,
    total: int | None = None,
) -> PeoplePage:
    """List a page of people.

    Args:
        chosen: which people.
        now: the present, UTC.
        sort: the order; ``descending`` turns it round.
        after: the last row of the previous page.
        total: how many people the filter holds, where that is known; else they are counted.
    """
    rows = people_list.list_rows(chosen, now=now, limit=PAGE + 1, sort=sort, descending=descending, after=after)
    if after is None and len(rows) <= PAGE:
        total = len(rows)
    elif total is None:
        total = people_list.count_rows(chosen, now=now)
    return PeoplePage(rows[:PAGE], rows[PAGE - 1].listed.id if len(rows) > PAGE else None, total)


def list_team(
    manager: Person, name: str | None, *, now: datetime, stage: str | None = None, after: UUID | None = None
) -> tuple[str | None, PeoplePage]:
    """Return one of the manager's own teams and where its people stand; without a name the first.

    Raises:
        NotFound: they manage no such team.
    """
    if name is None:
        name = min(manager.manages, default=None)
    elif name not in manager.manages:
        raise NotFound
    if name is None:
        return None, PeoplePage([], None, 0)
    return name, list_people(PeopleFilter(team=name, stage=stage, is_active=True), now=now, after=after)


def count_team(name: str | None, *, now: datetime) -> TeamCounts | None:
    """Count a team's people by how far they are; None for no team or an empty one."""
    return board.count_team(name, now) if name is not None else None


@dataclass(frozen=True)
class PersonDetail:
    """One person with everything the console shows about them.

    Attributes:
        at: the time for which the details were read.
        milestones: keys of past events with their times, the oldest first.
        shares_address: another account has the same address.
        attempt: the open request for another session, None without one.
        missing: photos of the current shoot that are not in the storage, None without a shoot.
        leaving: when the pictures of a person who left are deleted; None if they have not left or have none.
    """

    at: datetime
    person: Person
    journey: Journey
    sessions: list[Session]
    milestones: list[tuple[str, datetime]]
    shares_address: bool
    attempt: AttemptRequest | None = None
    missing: MissingPhotos | None = None
    leaving: Leaving | None = None


def get_person_detail(person_id: UUID, context: AppContext) -> PersonDetail:
    """Return one person with everything the console shows about them.

    Raises:
        NotFound: there is no person with this id.
    """
    now = context.clock()
    person = people.find_person(person_id)
    if person is None:
        raise NotFound
    current = journey.get_journey(person)
    return PersonDetail(
        now,
        person,
        current,
        sessions.list_active(person, now, context.settings.session_lifetimes),
        _list_milestones(person, current),
        relinking.find_pair(person.email) is not None,
        attempt_requests.find_open(person_id),
        mirroring.get_missing(current.shoot.id) if current.shoot is not None else None,
        leavers.find_leaving(person_id, context.settings.retention),
    )


def _list_milestones(person: Person, current: Journey) -> list[tuple[str, datetime]]:
    shoot = current.shoot
    happened = {
        "known": person.created_at,
        "agreed": current.consent.given_at if current.consent else None,
        "started": shoot.requested_at if shoot else None,
        "opened": shoot.opened_at if shoot else None,
        "finished": shoot.finished_at if shoot else None,
        "copied": shoot.copied_at if shoot else None,
        "chosen": current.choice.acted_at if current.choice else None,
        "withdrawn": current.withdrawn_at,
        "closed": shoot.closed_at if shoot else None,
        "signed_in": person.signed_in_at,
        "deactivated": person.deactivated_at,
    }
    return sorted(((event, at) for event, at in happened.items() if at is not None), key=lambda each: each[1])
