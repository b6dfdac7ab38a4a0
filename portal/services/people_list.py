"""Where everybody stands, for whoever runs the campaign, and where a team stands, for whoever manages it."""

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
# A stage is derived and cannot be asked for, so pages of people are looked through until there are enough.
_AT_ONCE = 500
STUCK = "stuck"


@dataclass(frozen=True)
class PersonEntry:
    """One person and the stage they are in, since when."""

    person: Person
    stage: Stage
    since: datetime
    is_stuck: bool
    sign_ins: int


@dataclass(frozen=True)
class PeoplePage:
    """Some entries; ``after`` turns the page and is None on the last one."""

    entries: list[PersonEntry]
    after: UUID | None


def list_people(
    chosen: PeopleFilter, *, now: datetime, stage: str | None = None, after: UUID | None = None
) -> PeoplePage:
    """Return a page of people.

    Args:
        chosen: which people.
        stage: only those in this stage, or longer in one than usual (:data:`STUCK`); None for all.
        after: the last person of the page before.
    """
    limit = PAGE + 1 if stage is None else _AT_ONCE
    found: list[PersonEntry] = []
    while True:
        rows = people_list.list_rows(chosen, policy_version=POLICY_VERSION, now=now, after=after, limit=limit)
        found += [entry for entry in (_entry(row, now) for row in rows) if _is_meant(entry, stage)]
        if len(found) > PAGE:
            return PeoplePage(found[:PAGE], found[PAGE - 1].person.id)
        if len(rows) < limit:
            return PeoplePage(found, None)
        after = rows[-1].person.id


def list_team(
    manager: Person, name: str | None, *, now: datetime, after: UUID | None = None
) -> tuple[str | None, PeoplePage]:
    """Return one of the manager's own teams and where its people stand; without a name the first.

    Raises:
        NotFound: they manage no such team.
    """
    if name is None:
        name = min(manager.manages, default=None)
    elif name not in manager.manages:
        raise NotFound
    return name, PeoplePage([], None) if name is None else list_people(PeopleFilter(team=name), now=now, after=after)


@dataclass(frozen=True)
class PersonDetail:
    """One person as the console shows them at one moment.

    Attributes:
        milestones: what happened when, the oldest first; the words are the page's.
    """

    at: datetime
    person: Person
    journey: Journey
    sessions: list[Session]
    milestones: list[tuple[str, datetime]]
    shares_address: bool


def get_person_detail(person_id: UUID, now: datetime) -> PersonDetail:
    """Return what the console shows of one person.

    Raises:
        NotFound: there is no such person.
    """
    person = people.find_person(person_id)
    if person is None:
        raise NotFound
    stands = journey.get_journey(person)
    return PersonDetail(
        now,
        person,
        stands,
        sessions.list_active(person, now),
        _milestones(person, stands),
        relinking.find_pair(person.email) is not None,
    )


def _milestones(person: Person, stands: Journey) -> list[tuple[str, datetime]]:
    shoot = stands.shoot
    happened = {
        "known": person.created_at,
        "agreed": stands.consent.given_at if stands.consent else None,
        "started": shoot.requested_at if shoot else None,
        "opened": shoot.opened_at if shoot else None,
        "finished": shoot.finished_at if shoot else None,
        "copied": shoot.copied_at if shoot else None,
        "chosen": stands.choice.acted_at if stands.choice else None,
        "closed": shoot.closed_at if shoot else None,
        "signed_in": person.signed_in_at,
        "deactivated": person.deactivated_at,
    }
    return sorted(((what, at) for what, at in happened.items() if at is not None), key=lambda each: each[1])


def _is_meant(entry: PersonEntry, stage: str | None) -> bool:
    return entry.is_stuck if stage == STUCK else stage is None or entry.stage == stage


def _entry(row: PersonRow, now: datetime) -> PersonEntry:
    shoot = None
    if row.shoot_id is not None:
        shoot = ShootFacts(
            provider_status=row.provider_status,
            copied_at=row.copied_at,
            problem=Problem(row.problem) if row.problem else None,
            has_link=row.has_link,
        )
    facts = Facts(has_consent=row.agreed_at is not None, shoot=shoot, **_compare_choice(row))
    stage = stages.derive_stage(facts)
    return PersonEntry(row.person, stage, _since(row, stage), _is_stuck(row, now), row.sign_ins)


def _compare_choice(row: PersonRow) -> dict[str, bool]:
    if row.chosen_at is None:
        return {}
    return stages.compare_choice(
        row.chosen_at,
        is_of_shoot=row.shoot_id is not None and row.chosen_shoot_id == row.shoot_id,
        requested_at=row.requested_at,
        copied_at=row.copied_at,
    )


def _since(row: PersonRow, stage: Stage) -> datetime:
    """Return when the person came to their stage, as far as our records tell."""
    moved = row.status_since or row.requested_at
    came = {
        Stage.NOT_STARTED: None,
        Stage.CONSENT_GIVEN: row.requested_at or row.agreed_at,
        Stage.READY: row.copied_at,
        Stage.CHOSEN: row.chosen_at,
    }.get(stage, moved)
    return came or row.person.created_at


def _is_stuck(row: PersonRow, now: datetime) -> bool:
    """Return whether the overview lists the person's shoot as longer in one place than usual."""
    if row.requested_at is None or row.closed_at is not None or row.copied_at is not None or row.problem is not None:
        return False
    return stages.is_stuck(row.provider_status, row.status_since or row.requested_at, now)
