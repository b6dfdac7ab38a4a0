"""A person's journey: their stage and the facts that pages show with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.domain import stages
from portal.domain.stages import Facts, Problem, ShootFacts, Stage
from portal.models import choices, consents, photos, shoots
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.people import Person
from portal.models.shoots import Shoot


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A person's stage with the facts that pages show.

    Attributes:
        stage: derived, never stored.
        copied: number of the finished shoot's photos in our storage so far.
        expected: number of photos the provider has listed so far, 0 while unknown.
        withdrawn_at: when the person withdrew their consent; None if they never did or agreed again.
    """

    person_id: UUID
    stage: Stage
    consent: Consent | None
    shoot: Shoot | None
    choice: Choice | None
    studio_choice: Choice | None
    copied: int = 0
    expected: int = 0
    version: int = 0
    withdrawn_at: datetime | None = None

    @property
    def has_withdrawn(self) -> bool:
        """Whether the person withdrew what they had agreed to, and agreed to nothing since."""
        return self.withdrawn_at is not None

    @property
    def is_withdrawn(self) -> bool:
        """Whether pages show the withdrawn state: the person has withdrawn and chosen no photo since."""
        return self.withdrawn_at is not None and (self.choice is None or self.choice.recorded_at <= self.withdrawn_at)

    @property
    def rail_position(self) -> int:
        """Index of the current step on the rail."""
        return stages.get_rail_position(self.stage)

    @property
    def problem(self) -> Problem | None:
        """The problem that holds the shoot up, None if there is none."""
        if self.shoot is None or self.stage is not Stage.PROBLEM:
            return None
        return Problem(self.shoot.problem) if self.shoot.problem else Problem.LINK_LOST

    @property
    def is_starting(self) -> bool:
        """Whether the person pressed start and the studio is being prepared."""
        return self.stage is Stage.CONSENT_GIVEN and self.shoot is not None

    @property
    def confirmed_at(self) -> datetime | None:
        """When the provider last confirmed this state."""
        return self.shoot.confirmed_at if self.shoot else None

    @property
    def has_gallery(self) -> bool:
        """Whether there are finished photos to view."""
        return self.stage in {Stage.READY, Stage.CHOSEN} and not self.is_withdrawn


def get_journey(person: Person) -> Journey:
    """Read a person's journey from our own records; makes no outside call."""
    consent = consents.find_current(person.id)
    shoot = shoots.find_latest(person.id)
    choice = choices.find_current(person.id)
    withdrawn_at = consents.find_withdrawn_at(person.id) if consent is None else None
    facts = Facts(
        has_consent=consent is not None,
        has_withdrawn=withdrawn_at is not None,
        shoot=_build_shoot_facts(shoot) if shoot is not None else None,
        **_build_choice_facts(choice, shoot),
    )
    return Journey(
        person_id=person.id,
        stage=stages.derive_stage(facts),
        consent=consent,
        shoot=shoot,
        choice=choice,
        studio_choice=choices.find_latest_from(shoot.id, "studio") if shoot is not None else None,
        copied=photos.count_copied(shoot.id) if shoot is not None else 0,
        expected=shoot.photo_count if shoot is not None else 0,
        version=person.version,
        withdrawn_at=withdrawn_at,
    )


def _build_shoot_facts(shoot: Shoot) -> ShootFacts:
    return ShootFacts(
        provider_status=shoot.provider_status,
        copied_at=shoot.copied_at,
        problem=Problem(shoot.problem) if shoot.problem else None,
        has_link=shoot.signed_url is not None,
    )


def _build_choice_facts(choice: Choice | None, shoot: Shoot | None) -> dict[str, bool]:
    if choice is None:
        return {}
    return stages.build_choice_facts(
        choice.acted_at,
        is_of_shoot=shoot is not None and choice.shoot_id == shoot.id,
        requested_at=shoot.requested_at if shoot is not None else None,
        copied_at=shoot.copied_at if shoot is not None else None,
    )
