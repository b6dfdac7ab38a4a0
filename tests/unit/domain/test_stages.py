"""The stage of a person, over all combinations of facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import stages
from portal.domain.stages import Facts, Problem, ShootFacts, Stage, derive_stage, get_rail_position, is_stuck

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
STATUSES = st.one_of(st.none(), st.sampled_from(sorted(stages.KNOWN_STATUSES)), st.text(max_size=20))
SHOOTS = st.builds(
    ShootFacts,
    provider_status=STATUSES,
    copied_at=st.sampled_from([None, NOW]),
    problem=st.sampled_from([None, *Problem]),
    has_link=st.booleans(),
)
FACTS = st.builds(Facts, has_consent=st.booleans(), shoot=st.one_of(st.none(), SHOOTS), has_choice=st.booleans())


def derive_stage_after_consent(status: str | None, **known: object) -> Stage:
    choice = bool(known.pop("has_choice", False))
    shoot = ShootFacts(provider_status=status, **known)  # type: ignore[arg-type]
    return derive_stage(Facts(has_consent=True, shoot=shoot, has_choice=choice))


@given(FACTS)
def test_every_combination_of_facts_has_a_stage_and_a_place_on_the_rail(facts: Facts) -> None:
    stage = derive_stage(facts)
    assert isinstance(stage, Stage)
    assert 0 <= get_rail_position(stage) < len(stages.RAIL)


@given(FACTS)
def test_pictures_are_shown_only_when_the_newest_status_is_finished_and_all_are_stored(facts: Facts) -> None:
    shoot = facts.shoot
    is_shown = derive_stage(facts) in {Stage.READY, Stage.CHOSEN}
    assert is_shown == (
        shoot is not None
        and shoot.provider_status == "active"
        and shoot.copied_at is not None
        and shoot.problem is None
    )


@given(FACTS)
def test_studio_requires_consent(facts: Facts) -> None:
    if derive_stage(facts) in {Stage.IN_STUDIO, Stage.CONSENT_GIVEN}:
        assert facts.has_consent


@given(st.text(max_size=40).filter(lambda status: status not in stages.KNOWN_STATUSES), st.booleans())
def test_unknown_status_counts_as_in_progress(status: str, is_copied: bool) -> None:
    assert derive_stage_after_consent(status, copied_at=NOW if is_copied else None) is Stage.IN_PROGRESS


@pytest.mark.parametrize(
    ("status", "known", "stage"),
    [
        (None, {}, Stage.CONSENT_GIVEN),
        ("onboarding", {}, Stage.IN_STUDIO),
        ("onboarding", {"has_link": False}, Stage.PROBLEM),
        ("waiting", {"has_link": False}, Stage.PHOTOS_RECEIVED),
        ("pending", {}, Stage.IN_PROGRESS),
        ("generatingHeadshots", {}, Stage.IN_PROGRESS),
        ("failed", {}, Stage.IN_PROGRESS),
        ("active", {}, Stage.IN_PROGRESS),
        ("active", {"copied_at": NOW}, Stage.READY),
        ("active", {"copied_at": NOW, "has_choice": True}, Stage.CHOSEN),
        ("active", {"problem": Problem.NO_PHOTOS}, Stage.PROBLEM),
        ("deleted", {"problem": Problem.NO_PHOTOS, "has_choice": True}, Stage.DELETED),
        (None, {"problem": Problem.NO_CREDITS}, Stage.PROBLEM),
    ],
)
def test_facts_determine_stage(status: str | None, known: dict[str, object], stage: Stage) -> None:
    assert derive_stage_after_consent(status, **known) is stage


def test_before_a_shoot_only_consent_counts() -> None:
    for has_consent, has_choice in product([False, True], repeat=2):
        expected = Stage.CONSENT_GIVEN if has_consent else Stage.NOT_STARTED
        assert derive_stage(Facts(has_consent=has_consent, has_choice=has_choice)) is expected


def test_finished_shoot_reset_to_onboarding_is_in_studio_despite_choice() -> None:
    assert derive_stage_after_consent("active", copied_at=NOW, has_choice=True) is Stage.CHOSEN
    assert derive_stage_after_consent("onboarding", copied_at=NOW, has_choice=True) is Stage.IN_STUDIO


@pytest.mark.parametrize("status", [None, "onboarding"])
def test_without_consent_the_next_step_is_to_agree(status: str | None) -> None:
    assert derive_stage(Facts(has_consent=False, shoot=ShootFacts(provider_status=status))) is Stage.NOT_STARTED


def test_shoot_in_progress_stays_visible_when_the_text_has_changed() -> None:
    facts = Facts(has_consent=False, shoot=ShootFacts(provider_status="pending"))
    assert derive_stage(facts) is Stage.IN_PROGRESS


@pytest.mark.parametrize("status", [None, "onboarding", "pending", "active", "deleted"])
def test_withdrawal_outranks_every_status(status: str | None) -> None:
    facts = Facts(has_consent=False, has_withdrawn=True, shoot=ShootFacts(provider_status=status))
    assert derive_stage(facts) is Stage.WITHDRAWN
    assert derive_stage(replace(facts, has_choice=True)) is Stage.CHOSEN


@given(STATUSES, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=60)))
def test_stuck_state_persists_over_time(status: str | None, age: timedelta) -> None:
    if is_stuck(status, NOW, NOW + age):
        assert is_stuck(status, NOW, NOW + age + timedelta(hours=1))
    assert not is_stuck("deleted", NOW, NOW + age)


def test_max_duration_of_each_status() -> None:
    limits = {None: 0.25, "onboarding": 168, "waiting": 4, "active": 1, "pending": 6, "somethingNew": 6}
    for status, hours in limits.items():
        assert not is_stuck(status, NOW, NOW + timedelta(hours=hours))
        assert is_stuck(status, NOW, NOW + timedelta(hours=hours, seconds=1))
