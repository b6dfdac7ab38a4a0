"""Lists of people with their stages: all people for operators, a team for its manager; and one person's details."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.domain import stages
from portal.domain.consent import POLICY_VERSION
from portal.domain.errors import NotFound
from portal.domain.stages import Facts, Problem, ShootFacts, Stage
from portal.models import people, people_list
from portal.models.people import Person
from portal.models.people_list import PeopleFilter, PersonRow
from portal.models.sessions import Session
from portal.services import journey, relinking, sessions
from portal.services.journey import Journey

PAGE = 50
# A stage is derived and cannot be part of a query, so batches of people are filtered until a page is full.
_BATCH = 500
STUCK = "stuck"


@dataclass(frozen=True)
class PersonEntry:
    """One person with their stage and the time at which they reached it."""

    person: Person
    stage: Stage
    since: datetime
    is_stuck: bool
    sign_ins: int


@dataclass(frozen=True)
class PeoplePage:
    """One page of entries; ``after`` selects the next page and is None on the last one."""

    entries: list[PersonEntry]
    after: UUID | None


def list_people(
    chosen: PeopleFilter, *, now: datetime, stage: str | None = None, after: UUID | None = None
) -> PeoplePage:
    """List one page of people, ordered by name.

    Args:
        chosen: team, role and search text.
        stage: only people in this stage, or longer than usual in any stage (:data:`STUCK`); None for all.
        after: id of the last person of the previous page.
    """
    limit = PAGE + 1 if stage is None else _BATCH
    found: list[PersonEntry] = []
    while True:
        rows = people_list.list_rows(chosen, policy_version=POLICY_VERSION, now=now, after=after, limit=limit)
        found += [entry for entry in (_build_entry(row, now) for row in rows) if _is_in_stage(entry, stage)]
        if len(found) > PAGE:
            return PeoplePage(found[:PAGE], found[PAGE - 1].person.id)
        if len(rows) < limit:
            return PeoplePage(found, None)
        after = rows[-1].person.id


def list_team(
    manager: Person, name: str | None, *, now: datetime, after: UUID | None = None
) -> tuple[str | None, PeoplePage]:
    """Return the name of one of the manager's teams and a page of its people; without a name, the first team.

    Raises:
        NotFound: the person does not manage this team.
    """
    if name is None:
        name = min(manager.manages, default=None)
    elif name not in manager.manages:
        raise NotFound
    return name, PeoplePage([], None) if name is None else list_people(PeopleFilter(team=name), now=now, after=after)


@dataclass(frozen=True)
class PersonDetail:
    """One person with everything the console shows about them.

    Attributes:
        at: the time for which the details were read.
        milestones: keys of past events with their times, the oldest first.
        shares_address: another account has the same address.
    """

    at: datetime
    person: Person
    journey: Journey
    sessions: list[Session]
    milestones: list[tuple[str, datetime]]
    shares_address: bool


def get_person_detail(person_id: UUID, now: datetime) -> PersonDetail:
    """Return one person with everything the console shows about them.

    Raises:
        NotFound: there is no person with this id.
    """
    person = people.find_person(person_id)
    if person is None:
        raise NotFound
    current = journey.get_journey(person)
    return PersonDetail(
        now,
        person,
        current,
        sessions.list_active(person, now),
        _list_milestones(person, current),
        relinking.find_pair(person.email) is not None,
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
        "closed": shoot.closed_at if shoot else None,
        "signed_in": person.signed_in_at,
        "deactivated": person.deactivated_at,
    }
    return sorted(((event, at) for event, at in happened.items() if at is not None), key=lambda each: each[1])


def _is_in_stage(entry: PersonEntry, stage: str | None) -> bool:
    return entry.is_stuck if stage == STUCK else stage is None or entry.stage == stage


def _build_entry(row: PersonRow, now: datetime) -> PersonEntry:
    shoot = None
    if row.shoot_id is not None:
        shoot = ShootFacts(
            provider_status=row.provider_status,
            copied_at=row.copied_at,
            problem=Problem(row.problem) if row.problem else None,
            has_link=row.has_link,
        )
    facts = Facts(has_consent=row.agreed_at is not None, shoot=shoot, **_build_choice_facts(row))
    stage = stages.derive_stage(facts)
    return PersonEntry(row.person, stage, _since(row, stage), _is_stuck(row, now), row.sign_ins)


def _build_choice_facts(row: PersonRow) -> dict[str, bool]:
    if row.chosen_at is None:
        return {}
    return stages.build_choice_facts(
        row.chosen_at,
        is_of_shoot=row.shoot_id is not None and row.chosen_shoot_id == row.shoot_id,
        requested_at=row.requested_at,
        copied_at=row.copied_at,
    )


def _since(row: PersonRow, stage: Stage) -> datetime:
    """Return when the person reached their stage, according to our records."""
    moved = row.status_since or row.requested_at
    since = {
        Stage.NOT_STARTED: None,
        Stage.CONSENT_GIVEN: row.requested_at or row.agreed_at,
        Stage.READY: row.copied_at,
        Stage.CHOSEN: row.chosen_at,
    }.get(stage, moved)
    return since or row.person.created_at


def _is_stuck(row: PersonRow, now: datetime) -> bool:
    """Return whether the person's shoot has been in its status longer than usual."""
    if row.requested_at is None or row.closed_at is not None or row.copied_at is not None or row.problem is not None:
        return False
    return stages.is_stuck(row.provider_status, row.status_since or row.requested_at, now)
