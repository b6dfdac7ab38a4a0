"""A person with consent who requests a photo session."""

from __future__ import annotations

from portal.domain.stages import Stage
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import journey
from portal.services.shoots import request_shoot
from tests.factories import NOW, make_consent, make_person


def make_ready_person(email: str | None = None) -> Person:
    person = make_person(email)
    make_consent(person)
    return person


def press_start(person: Person) -> Shoot:
    return request_shoot(person, provider="profilebakery", development=False, now=NOW)


def get_stage(person: Person) -> Stage:
    return journey.get_journey(person).stage
