"""People with any combination of shoots, consent and choice, drawn by hypothesis for tests of the console's list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from portal.db import db, transaction
from portal.domain import stages
from portal.domain.consent import POLICY_VERSION
from portal.models import choices
from portal.models.consents import Consent
from portal.models.link_reports import LinkReport
from portal.models.people import Person
from portal.models.photos import Photo
from portal.models.roster import RosterEntry
from portal.models.shoots import Shoot
from tests import factories
from tests.factories import NOW

STATUSES = st.sampled_from([None, *sorted(stages.KNOWN_STATUSES), "somethingNew"])
MOMENTS = st.integers(min_value=-40, max_value=0).map(lambda hours: NOW + timedelta(hours=hours))
SHOOTS = st.fixed_dictionaries(
    {
        "provider_status": STATUSES,
        "signed_url": st.sampled_from([None, b"sealed"]),
        "problem": st.sampled_from([None, *(problem.value for problem in stages.Problem)]),
        "requested_at": MOMENTS,
        "status_since": st.none() | MOMENTS,
        "copied_at": st.none() | MOMENTS,
    }
)


def choose_photo(person: Person, photo: Photo, acted_at: datetime = NOW) -> None:
    with transaction():
        choices.create_choice(person.id, photo, origin="portal", key=str(photo.id), acted_at=acted_at, now=NOW)


CASES = st.fixed_dictionaries(
    {
        "shoots": st.lists(SHOOTS, max_size=2),
        "consent": st.sampled_from([None, POLICY_VERSION, "2001-01"]),
        "is_withdrawn": st.booleans(),
        "choice": st.sampled_from([None, "own", 0, 1]),
        "acted_at": MOMENTS,
        "is_removed": st.booleans(),
    }
)


def make_case(case: dict[str, Any]) -> Person:
    """Store a person with these shoots, consent and choice."""
    person = factories.make_person()
    if case["consent"] is not None:
        kept_id = factories.make_consent(person).id
        with transaction() as session:
            kept = session.get_one(Consent, kept_id)
            kept.policy_version = case["consent"]
            kept.withdrawn_at = NOW if case["is_withdrawn"] else None
    made: list[Shoot] = []
    for index, fields in enumerate(case["shoots"]):
        closed_at = None if index == len(case["shoots"]) - 1 else NOW
        made.append(factories.make_shoot(person, closed_at=closed_at, **fields))
    photo = None
    if case["choice"] == "own":
        photo = Photo(person_id=person.id, position=1, created_at=NOW, copied_at=NOW, width=8, height=10)
        with transaction() as session:
            session.add(photo)
    elif case["choice"] is not None and case["choice"] < len(made):
        photo = factories.make_photo(made[case["choice"]])
    if photo is not None:
        choose_photo(person, photo, case["acted_at"])
        if case["is_removed"]:
            with transaction() as session:
                session.get_one(Photo, photo.id).removed_at = NOW
    db.session.expire_all()
    return person


ROSTER_FACTS = st.fixed_dictionaries(
    {
        "due_on": st.none()
        | st.integers(min_value=-3, max_value=9).map(lambda days: NOW.date() + timedelta(days=days)),
        "bounced_at": st.sampled_from([None, NOW]),
        "left_at": st.sampled_from([None, None, NOW]),
        "invited_at": st.none() | MOMENTS,
        "team": st.sampled_from([None, "Sales", "Staff"]),
    }
)


def make_listed(case: dict[str, Any], roster: dict[str, Any] | None, *, is_reported: bool) -> Person:
    """Store a person, their roster entry if there is one, and an open report about the latest shoot's link."""
    person = make_case(case)
    with transaction() as session:
        if roster is not None:
            session.add(make_entry(person.email, person_id=person.id, **roster))
        shoot = max(
            session.query(Shoot).filter_by(person_id=person.id), key=lambda one: one.closed_at is None, default=None
        )
        if shoot is not None and is_reported:
            session.add(LinkReport(shoot_id=shoot.id, reported_at=NOW, symptom="blank"))
    db.session.expire_all()
    return person


def make_entry(address: str, **fields: Any) -> RosterEntry:
    """Return a roster entry that is not stored yet."""
    return RosterEntry(address=address, name="Ada", source="import", created_at=NOW, changed_at=NOW, **fields)
